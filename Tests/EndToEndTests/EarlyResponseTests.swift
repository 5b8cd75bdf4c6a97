import Foundation
import Testing

extension EndToEnd {
    /// An application that answers before it has the whole request.
    @Suite struct EarlyResponses {
        /// Answers each head at once, and reads the content only afterwards.
        private func cluster(answering status: String, _ body: (TestCluster) throws -> Void) throws {
            let listener = try LoopbackListener()
            listener.start { socket in
                var input = Data()
                while true {
                    while input.range(of: Data("\r\n\r\n".utf8)) == nil {
                        guard let piece = socket.receive() else { return }
                        input += piece
                    }
                    guard let end = input.range(of: Data("\r\n\r\n".utf8)) else { return }
                    let head = String(decoding: input[..<end.lowerBound], as: UTF8.self).lowercased()
                    let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
                    var left = length.flatMap { Int($0.dropFirst(16)) } ?? 0
                    guard socket.send(Data("HTTP/1.1 \(status)\r\nContent-Length: 4\r\n\r\nover".utf8)) else { return }
                    left -= input.endIndex - end.upperBound
                    while left > 0 {
                        guard let piece = socket.receive() else { return }
                        left -= piece.count
                    }
                    input = Data()
                }
            }
            defer { listener.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(listener.port)"])
            defer { cluster.tearDown() }
            try body(cluster)
            try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0] }
        }

        @Test func `Every upload gets the early 413, and the client's connection stays`() throws {
            try cluster(answering: "413 Content Too Large") { cluster in
                let file = "\(cluster.folder)/upload"
                try Data(count: 8_000_000).write(to: URL(fileURLWithPath: file))
                for number in 0..<12 {
                    let response = try cluster.curl("/", "-X", "POST", "-T", file)
                    #expect(response.status == 413 && response.text == "over", "upload \(number): \(response)")
                }
            }
        }

        /// What curl prints, with all heads. It waits for the 100 for longer than the test lasts.
        private func postExpecting100(_ content: String, to url: String) throws -> String {
            let arguments = ["-q", "-sSki", "--http1.1", "-m", "\(Int(Patience.seconds))"]
            let waiting = ["-H", "Expect: 100-continue", "--expect100-timeout", "600", "--data-binary", content]
            return try Command.run("curl", arguments + waiting + [url]).text
        }

        @Test func `The application's 401 comes instead of a 100`() throws {
            try cluster(answering: "401 Unauthorized") { cluster in
                let text = try postExpecting100("secret", to: cluster.url("/"))
                #expect(text.hasPrefix("HTTP/1.1 401 ") && text.hasSuffix("\r\n\r\nover"), "\(text)")
            }
        }

        @Test func `An application that ignores the expectation gets the content after a while`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            let text = try postExpecting100("content", to: cluster.url("/echo"))
            #expect(text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "), "\(text)")
            #expect(text.hasSuffix("\r\n\r\ncontent"), "\(text)")
            #expect(application.heads.last?.lowercased().contains("expect: 100-continue\r\n") == true)
        }
    }
}
