internal import HTTP

/// A limit that has ended a client's connection or stream, or refused its request. Each has a counter with the name of
/// its option.
package enum ClientLimit: String, CaseIterable, Sendable {
    case handshakeTimeout = "handshake-timeout"
    case headTimeout = "head-timeout"
    /// A kept connection without a request. This is normal.
    case idleTimeout = "idle-timeout"
    /// Missing content or unread output, completely or below the minimum data rate.
    case stallTimeout = "stall-timeout"
    case streamTimeout = "stream-timeout"
    case tunnelTimeout = "tunnel-timeout"
    /// A client that had closed its sending side got no response in time.
    case halfClosedTimeout = "half-closed-timeout"
    case tunnelHalfClosedTimeout = "tunnel-half-closed-timeout"
    /// A connection had to wait in the kernel's queue.
    case maxConnections = "max-connections"
    case maxConnectionsPerSource = "max-connections-per-source"
    /// A connection that held the most while memory was scarce, or a new request at that time.
    case memoryLimit = "memory-limit"
    case maxHead = "max-head"
    case maxFields = "max-fields"
    case maxRequestLine = "max-request-line"
    case maxTrailers = "max-trailers"
    case maxChunkLine = "max-chunk-line"
    case maxChunkExtensions = "max-chunk-extensions"

    /// The limit behind a rejected request; nil if the request has another fault.
    init?(_ error: HTTPError) {
        switch error {
        case .headTooLarge: self = .maxHead
        case .tooManyFields: self = .maxFields
        case .requestLineTooLong: self = .maxRequestLine
        case .trailerTooLarge: self = .maxTrailers
        case .chunkLineTooLong: self = .maxChunkLine
        case .chunkExtensionsTooLong: self = .maxChunkExtensions
        default: return nil
        }
    }
}
