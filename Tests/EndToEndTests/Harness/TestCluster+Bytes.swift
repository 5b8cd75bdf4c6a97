import Foundation
import TestSupport

/// Requests with the bytes of a hostile client.
extension TestCluster {
    /// A request that makes the balancer close the connection, so that no test waits for an idle one.
    static let lastRequest = Data("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

    /// Sends the bytes and returns the balancer's responses up to the end of the connection.
    ///
    /// - Throws: an error if the connection stays open.
    func answer(to bytes: Data, seconds: Double = 10) throws -> RawAnswer {
        RawAnswer(bytes: try received(for: bytes, protocol: nil, seconds: seconds))
    }

    /// Does the same with HTTP/2 frames, after the preface and empty settings. A final GOAWAY makes the balancer close
    /// the connection after all responses.
    func answers(to frames: [HTTP2Frame], seconds: Double = 30) throws -> HTTP2Answers {
        let bytes = HTTP2Frame.preface + ([HTTP2Frame.settings()] + frames).flatMap(\.bytes)
        return HTTP2Answers(try received(for: Data(bytes), protocol: "h2", seconds: seconds))
    }

    private func received(for bytes: Data, protocol name: String?, seconds: Double) throws -> Data {
        #if TLS
            // s_client waits for the balancer's close, also after the end of its input.
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
