import Foundation
import TestSupport

/// Bytes as a hostile client may send them.
extension TestCluster {
    /// A request that makes the balancer end the connection, so that nobody waits for an idle one.
    static let lastRequest = Data("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

    /// Everything that the balancer answers to the bytes, up to the end of the connection.
    ///
    /// - Throws: when the connection stays open.
    func answer(to bytes: Data, seconds: Double = 10) throws -> RawAnswer {
        RawAnswer(bytes: try received(for: bytes, protocol: nil, seconds: seconds))
    }

    /// The same for frames of HTTP/2 behind the preface and empty settings. A GOAWAY at their end makes the balancer end the
    /// connection when all is answered.
    func answers(to frames: [HTTP2Frame], seconds: Double = 30) throws -> HTTP2Answers {
        let bytes = HTTP2Frame.preface + ([HTTP2Frame.settings()] + frames).flatMap(\.bytes)
        return HTTP2Answers(try received(for: Data(bytes), protocol: "h2", seconds: seconds))
    }

    private func received(for bytes: Data, protocol name: String?, seconds: Double) throws -> Data {
        #if TLS
            // s_client waits for the balancer's end, also when its input has ended.
            let result = try Command.run(
                "openssl",
                ["s_client", "-connect", "127.0.0.1:\(publicPort)", "-quiet", "-ign_eof"]
                    + (name.map { ["-alpn", $0] } ?? []),
                input: bytes, seconds: seconds)
            guard result.status != nil else {
                throw HarnessError("the connection stays open: \(escaped(result.output))")
            }
            return result.output
        #else
            let socket = try PlainSocket(port: publicPort, patienceSeconds: Int(seconds))
            socket.send(bytes)
            return socket.receiveAll()
        #endif
    }
}
