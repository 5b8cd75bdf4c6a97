import Connections
import Testing

@testable import Telemetry

@Suite struct AccessLogFieldTests {
    @Test func `Fields come in the order of the option, each once`() throws {
        let standard = AccessLogFields().fields.map(\.rawValue).joined(separator: " ")
        #expect(standard == "time client method target status bytes ms node id")
        let fields = try #require(AccessLogFields("id,default,host,id,user_agent"))
        #expect(fields.fields.prefix(3) == [.id, .time, .client])
        #expect(fields.fields.suffix(2) == [.host, .userAgent])
        #expect(fields.fields.count == 11 && fields.text == "id,default,host,id,user_agent")
        #expect(AccessLogFields("all")?.fields.count == AccessLogField.allCases.count)
    }

    @Test(arguments: ["", ",", "time,", " time", "Time", "user-agent", "time;host"])
    func `A list with another name is refused`(text: String) {
        #expect(AccessLogFields(text) == nil)
    }

    @Test func `Only the facts of chosen fields are kept`() {
        #expect(AccessLogFields().facts == .basic)
        #expect(AccessLogFields("status,host")?.facts == [.basic, .host])
        #expect(AccessLogFields("all")?.facts == [.basic, .host, .userAgent, .tls])
    }
}
