import Cluster
import Foundation
import Testing

@Suite struct ClusterSettingsTests {
    @Test func theDefaultsAreWithinBounds() {
        #expect(ClusterSettings().bounded() == ClusterSettings())
    }

    @Test func aMissingFieldMeansTheDefault() throws {
        let json = #"{"fall": 5, "somethingNewer": true}"#
        var expected = ClusterSettings()
        expected.fall = 5
        #expect(try JSONDecoder().decode(ClusterSettings.self, from: Data(json.utf8)) == expected)
    }

    @Test func settingsSurviveEncoding() throws {
        // Every field gets another value, so that a field that is not read is visible.
        let defaults = try JSONEncoder().encode(ClusterSettings())
        var fields = try #require(try JSONSerialization.jsonObject(with: defaults) as? [String: Int])
        for (number, name) in fields.keys.sorted().enumerated() { fields[name] = 1000 + number }
        let json = try JSONSerialization.data(withJSONObject: fields)
        let settings = try JSONDecoder().decode(ClusterSettings.self, from: json)
        let back = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(settings)) as? [String: Int]
        #expect(back == fields)
        #expect(fields.count == 40)
    }

    @Test func absurdValuesAreMovedIntoBounds() throws {
        let defaults = try JSONEncoder().encode(ClusterSettings())
        var fields = try #require(try JSONSerialization.jsonObject(with: defaults) as? [String: Int])
        for value in [Int.min, -1, 0, Int.max] {
            for name in fields.keys { fields[name] = value }
            let json = try JSONSerialization.data(withJSONObject: fields)
            let settings = try JSONDecoder().decode(ClusterSettings.self, from: json).bounded()
            #expect(settings.bounded() == settings)
            #expect(settings.watchFastMilliseconds >= 10)
            #expect(settings.fall >= 1)
            #expect(settings.maximumWorkers >= 1)
            var balancer = BalancerConversation(with: [record(8001)], settings: settings)
            balancer.pass(milliseconds: 100) { _ in .failed("slow") }
        }
    }
}
