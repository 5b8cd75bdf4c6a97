import Foundation

/// Bytes as a hostile client may send them.
extension TestCluster {
    /// A request that makes the balancer end the connection, so that nobody waits for an idle one.
    static let lastRequest = Data("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

    /// Everything that the balancer answers to the bytes, up to the end of the connection.
    ///
    /// - Throws: when the connection stays open.
    func answer(to bytes: Data, seconds: Double = 10) throws -> RawAnswer {
        #if TLS
            // s_client waits for the balancer's end, also when its input has ended.
            let result = try Command.run(
                "openssl", ["s_client", "-connect", "127.0.0.1:\(publicPort)", "-quiet", "-ign_eof"], input: bytes,
                seconds: seconds)
            guard result.status != nil else { throw HarnessError("the connection stays open: \(result.text)") }
            return RawAnswer(bytes: result.output)
        #else
            let socket = try PlainSocket(port: publicPort, patienceSeconds: Int(seconds))
            socket.send(bytes)
            return RawAnswer(bytes: socket.receiveAll())
        #endif
    }
}
