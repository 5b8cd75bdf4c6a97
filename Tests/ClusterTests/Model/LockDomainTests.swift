import Cluster
import Foundation
import Testing

@Suite struct LockDomainTests {
    @Test(arguments: ["", "A", "a b", "a/b", "ä", String(repeating: "a", count: 65)])
    func invalidNamesAreRejected(text: String) {
        #expect(LockDomain(text) == nil)
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([LockDomain].self, from: Data("[\"\(text)\"]".utf8))
        }
    }

    @Test func nodesOfEarlierVersionsKnowNone() throws {
        var text = String(decoding: try JSONEncoder().encode(record(8001).living(in: 1)), as: UTF8.self)
        let full = try JSONDecoder().decode(WorkerRecord.self, from: Data(text.utf8))
        #expect(full == record(8001).living(in: 1))
        for field in ["\"home\":\"h1\"", "\"acrossHosts\":true"] {
            #expect(text.contains(field))
            text = text.replacingOccurrences(of: ",\(field)", with: "").replacingOccurrences(of: "\(field),", with: "")
        }
        let old = try JSONDecoder().decode(WorkerRecord.self, from: Data(text.utf8))
        #expect(old.lockDomain == nil && !old.acrossHosts && old.host == "10.0.0.1")
    }

    @Test func aBalancerOfAnEarlierVersionIsUnderstood() throws {
        let snapshot = Snapshot(epoch: Epoch(1), version: 2, workers: [])
        let text = String(decoding: try JSONEncoder().encode(snapshot), as: UTF8.self)
        #expect(!text.contains("home"))
        #expect(try JSONDecoder().decode(Snapshot.self, from: Data(text.utf8)) == snapshot)
    }
}
