import Connections
import Foundation
import Sockets
import TestSupport
import Testing

@testable import ControlPlane
@testable import Telemetry

/// Every request has one line, with the status that the client received.
@Suite(.timeLimit(.minutes(5))) struct AccessLogCompletenessTests {
    private let folder: TemporaryFolder
    private let log: AccessLog
    private let server: TestServer

    init() throws {
        folder = try TemporaryFolder()
        let log = try AccessLog(path: "\(folder.path)/log")
        self.log = log
        var limits = DownstreamLimits()
        limits.headMilliseconds = 200
        limits.stallMilliseconds = 200
        limits.idleMilliseconds = 200
        final class Lines { var value: AccessLogLines? }
        let lines = Lines()
        server = try TestServer(limits: limits) { loop in
            let made = log.makeLines(on: loop)
            lines.value = made
            return BufferedService(maximumBody: 1000) {
                $0.reply(contentType: "text/plain", content: Array("hello".utf8))
            }
        }
        server.onLoop { lines.value?.observe($0, node: "me") }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let sent: String
        /// The expected lines: method, target, status.
        let lines: [String]
        var testDescription: String { sent.debugDescription.prefix(60) + " -> \(lines)" }

        init(_ sent: String, _ lines: String...) {
            self.sent = sent
            self.lines = lines
        }
    }

    static let cases = [
        Case("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", #"GET "/a" 200"#),
        Case("GET /b HTTP/1.1\r\n\r\n", #"GET "/b" 400"#),
        Case("\r\nBREW /pot?x=1 HTTP/1.1\r\nHost: a b\r\n\r\n", #"BREW "/pot?x=1" 400"#),
        Case("GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", #"GET "/a\x09b" 400"#),
        Case("get /c HTTP/1.1\r\nHost: h\r\n\r\n", ""),
        Case("\u{16}\u{3}\u{1}\u{2}\"\n", #"- "\x16\x03\x01\x02\"" 400"#),
        Case("GET /half HTTP/1.1\r\nHost", #"GET "/half" 408"#),
        Case("POST /content HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc", #"POST "/content" 408"#),
        Case("POST /chunk HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", #"POST "/chunk" 400"#),
        Case(
            "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n\(String(repeating: "x", count: 2000))",
            #"POST "/big" 413"#),
        Case(
            "GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\nGET /three HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
            #"GET "/one" 200"#, #"GET "/two" 200"#, #"GET "/three" 400"#),
    ]

    @Test(arguments: cases) func `Every request has a line, whatever its end`(example: Case) throws {
        let client = try RawClient(port: server.port)
        try client.send(example.sent)
        // The response or the end of the connection shows that the line has been written.
        let answers = String(decoding: (try? client.receiveToEnd()) ?? [], as: UTF8.self)
        client.close()
        #expect(server.losesAllConnections())
        log.finish()
        let text = try String(contentsOfFile: "\(folder.path)/log", encoding: .utf8)
        let lines = text.split(separator: "\n").map { line in
            let match = line.firstMatch(of: #/ method=(\S+) target=("(?:[^"\\]|\\.)*") status=(\d+) bytes=(\d+) /#)
            #expect(line.contains(" client=127.0.0.1 ") && line.contains(" node=me "), "\(line)")
            return match.map { "\($0.1) \($0.2) \($0.3)" } ?? "\(line)"
        }
        if example.lines != [""] { #expect(lines == example.lines, "\(answers)") }
        #expect(lines.count == example.lines.count)
        for line in lines { #expect(answers.contains("HTTP/1.1 \(line.suffix(3)) "), "\(line): \(answers)") }
    }
}
