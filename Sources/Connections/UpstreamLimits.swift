package import HTTP

/// The bounds of an upstream connection. Milliseconds and bytes.
package struct UpstreamLimits: Sendable {
    /// Connect and TLS handshake together.
    package var connectMilliseconds = 3_000
    /// A pooled connection without a request; below the worker's own idle time, so that requests don't meet a closing
    /// connection.
    package var idleMilliseconds = 60_000
    /// Such connections kept, of each loop to each upstream; more are closed as they become idle.
    package var idleConnections = 256
    /// From the end of the request to the response's head; 0 for no bound of its own. Above the longest task of a
    /// worker.
    package var responseMilliseconds = 75_000
    /// The peer takes nothing of a request, or sends nothing of a response whose length is known.
    package var stallMilliseconds = 60_000
    /// Silence in a response of unknown length, once the request is whole: before that the client has its own time.
    package var streamMilliseconds = 300_000
    package var outputHigh = 64 << 10
    package var outputLow = 16 << 10
    package var http: HTTPLimits

    package init(http: HTTPLimits = .standard) { self.http = http }
}
