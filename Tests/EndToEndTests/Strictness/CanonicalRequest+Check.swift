import Foundation
import Testing

/// Checks a request that the proxy wrote.
extension CanonicalRequest {
    /// Checks that the head consists of these lines and of the balancer's fields about every client.
    func check(isMadeOf expectedLines: [String], at hop: Hop, _ name: String) {
        let expected = expectedLines + ours(expectedLines)
        switch hop {
        case .application:
            // The worker has changed the order of the lines.
            #expect(lines.first == expected.first, "\(name)")
            #expect(lines.dropFirst().sorted() == expected.dropFirst().sorted(), "\(name)")
        case .worker:
            let start = "\(expected[0]) HTTP/1.1\r\n" + expected.dropFirst().map { "\($0)\r\n" }.joined()
            let text = String(decoding: head, as: UTF8.self)
            #expect(text.hasPrefix(start), "\(name): \(escaped(head))")
            let end = try? #/x-request-id: [0-9a-f]{32}\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n/#
                .prefixMatch(in: text.dropFirst(start.count))?.output
            #expect(end.map { text == start + $0 + "understudy-epoch: 1\r\n\r\n" } == true, "\(name): \(text)")
        }
    }

    /// The balancer's fields about every client.
    private func ours(_ lines: [String]) -> [String] {
        let host = lines.first { $0.hasPrefix("host: ") }?.dropFirst(6) ?? ""
        let of = ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: \(TestCertificates.scheme)"]
        // If the client named no host, the balancer adds `localhost`.
        return host == "localhost" ? of : of + ["x-forwarded-host: \(host)"]
    }
}
