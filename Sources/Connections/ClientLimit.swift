internal import HTTP

/// A limit that has ended a client's connection or stream, or refused its request. Each is counted, under the name of the option
/// that sets it.
package enum ClientLimit: String, CaseIterable, Sendable {
    case handshakeTimeout = "handshake-timeout"
    case headTimeout = "head-timeout"
    /// A connection that was kept without a request: nothing is wrong with that.
    case idleTimeout = "idle-timeout"
    /// Content that did not come, or output that was not taken: not at all, or slower than the least rate.
    case stallTimeout = "stall-timeout"
    case streamTimeout = "stream-timeout"
    case tunnelTimeout = "tunnel-timeout"
    /// A client that had ended its side was not answered in time.
    case halfClosedTimeout = "half-closed-timeout"
    case tunnelHalfClosedTimeout = "tunnel-half-closed-timeout"
    /// A connection had to wait in the kernel's queue.
    case maxConnections = "max-connections"
    case maxConnectionsPerSource = "max-connections-per-source"
    case maxHead = "max-head"
    case maxFields = "max-fields"
    case maxRequestLine = "max-request-line"
    case maxTrailers = "max-trailers"
    case maxChunkLine = "max-chunk-line"
    case maxChunkExtensions = "max-chunk-extensions"

    /// The limit that a request was refused for; nil when it is wrong in another way.
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
