import Foundation
import Testing

extension EndToEnd {
    @Suite struct SharedFile {
        @Test func `Eight clients write whole lines through three workers at once`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let perClient = 25
            var writers: [Curl] = []
            for client in 0..<8 {
                // One curl sends its lines one after another over one connection.
                var arguments: [String] = []
                for line in 0..<perClient {
                    if line > 0 { arguments += [cluster.url("/write"), "--next", "-sSk", "-o", "/dev/null"] }
                    arguments += [
                        "--data-binary", "client \(client) line \(line) " + String(repeating: "\(client)", count: 200),
                    ]
                }
                writers.append(try Curl(cluster.url("/write"), arguments))
            }
            for writer in writers { #expect(writer.finish().exitStatus == 0) }
            let read = try cluster.curl("/read")
            let lines = read.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            let expected = (0..<8).flatMap { client in
                (0..<perClient).map { "client \(client) line \($0) " + String(repeating: "\(client)", count: 200) }
            }
            #expect(lines.count == expected.count)
            #expect(Set(lines.map(String.init)) == Set(expected))
            #expect(try cluster.curl("/read?tail=3").text.split(separator: "\n").count == 3)
            #expect(Files.text(cluster.sharedFile) == read.text)
        }

        @Test func `Errors of the tasks are JSON with the right status`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let table: [(String, [String], Int)] = [
                ("/nothing", [], 404), ("/write", [], 405), ("/bytes/many", [], 400), ("/bytes/1073741825", [], 400),
                ("/read?tail=-1", [], 400), ("/reverse?delay_ms=60001", ["-d", "x"], 400),
                ("/write", ["-d", "a\nb"], 400),
            ]
            for (path, arguments, status) in table {
                let response = try Curl(cluster.url(path), arguments).finish()
                #expect(response.status == status && response.text.hasPrefix(#"{"error": ""#), "\(path): \(response)")
            }
        }
    }
}
