internal import Multiplexing
internal import Sockets

extension ApplicationProtocol {
    /// The first bytes of a client with this protocol; nil for HTTP/1.1, which begins with a request.
    var preface: String? {
        switch self {
        case .http1: nil
        // RFC 9113, 3.4. Without TLS the server accepts it from clients with prior knowledge (3.3).
        case .http2: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        case .multiplexed: "\(MultiplexingLimits.preface)"
        }
    }

    /// Recognizes the protocol of a connection by its first bytes, without a negotiation.
    ///
    /// - Parameters:
    ///   - bytes: all received bytes.
    ///   - candidates: the server's protocols.
    /// - Returns: nil if more bytes are needed.
    static func spoken(in bytes: [UInt8], of candidates: [ApplicationProtocol]) -> ApplicationProtocol? {
        var isUndecided = false
        for candidate in candidates {
            guard let preface = candidate.preface else { continue }
            if bytes.starts(with: preface.utf8) { return candidate }
            if preface.utf8.starts(with: bytes) { isUndecided = true }
        }
        return isUndecided ? nil : .http1
    }
}
