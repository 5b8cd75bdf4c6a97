internal import Multiplexing
internal import Sockets

extension ApplicationProtocol {
    /// What a client that speaks it sends first, whatever else it has to say; nil for HTTP/1.1, which begins with a request.
    var preface: String? {
        switch self {
        case .http1: nil
        // RFC 9113, 3.4; without TLS it is taken from clients that know that it will be (3.3).
        case .http2: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        case .multiplexed: "\(MultiplexingLimits.preface)"
        }
    }

    /// Tells by a connection's first bytes what it speaks, where nothing was negotiated.
    ///
    /// - Parameters:
    ///   - bytes: all that has been received.
    ///   - candidates: what the server takes.
    /// - Returns: nil when more bytes are needed.
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
