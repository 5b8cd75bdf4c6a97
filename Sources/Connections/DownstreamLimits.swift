package import HTTP
package import HTTP2

/// The limits of a downstream connection, in milliseconds and bytes.
package struct DownstreamLimits: Sendable {
    /// The time for the TLS handshake (`--handshake-timeout`).
    package var handshakeMilliseconds = 10_000
    /// The time for a whole head, from its first byte (408).
    package var headMilliseconds = 10_000
    /// The time of a kept connection without a request (`--idle-timeout`).
    package var idleMilliseconds = 75_000
    /// The time that a connection without a request keeps its buffers for the next one.
    package var quietMilliseconds = 1_000
    /// The time without progress of content of known length, or of output.
    package var stallMilliseconds = 60_000
    /// The silence in content of unknown length: it may be a stream of rare events.
    package var streamMilliseconds = 300_000
    /// The minimum data rate of counted content and of waiting output; see `MinimumRateDeadline`. It is far below the
    /// rate of any usual connection. Other servers use 240 (Kestrel) or 500 (Apache). 0 for no minimum.
    package var slowestBytesPerSecond = 240
    /// The time for a response after the client has closed its sending side. Some clients still wait for it (RFC 9112,
    /// 9.6). Most have gone, and must not keep a worker busy.
    package var halfClosedMilliseconds = 5_000
    /// The time that an idle connection is kept for one more request after a drain begins: the client does not know of
    /// the drain, and its next request may be on the way. 0 closes it at once.
    package var drainIdleMilliseconds = 0
    /// The same for a connection without any request so far. Its first request is probably on the way.
    package var drainFirstMilliseconds = 10_000
    /// The silence in a tunnel.
    package var tunnelIdleMilliseconds = 3_600_000
    /// The silence in a tunnel after one direction has ended. Most ends follow at once.
    package var tunnelHalfClosedMilliseconds = 10_000
    /// The time of a tunnel after a drain begins. Its ends do not know of the drain. Then it ends in order.
    package var tunnelDrainMilliseconds = 29_000
    /// The time that a client with `Expect: 100-continue` waits for the service. Then the server sends the 100 itself.
    package var continueMilliseconds = 1_000
    /// The silence of a client that still sends after its response, or that has to end a connection. A reset would
    /// destroy the last bytes of the response, so the server reads on and drops what it reads (RFC 9112 9.6).
    package var lingerMilliseconds = 5_000
    /// The time for the same, however much the client sends.
    package var lingerTotalMilliseconds = 30_000
    /// The most bytes for the same. A client could also send them with a request, so they cost the server no more.
    package var lingerBytes = 1 << 30
    /// The most bytes that HTTP/2 drops of a request after its response, and of a connection after its GOAWAY. Both tell
    /// the client to stop, so it does not have to finish.
    package var http2LingerBytes = 256 << 10
    /// Output beyond this makes the connection congested, until it has fallen below `outputLow`.
    package var outputHigh = 64 << 10
    package var outputLow = 16 << 10
    /// The most input that is stored while an earlier request is in progress; at least a head.
    package var pendingHigh = 32 << 10
    package var http: HTTPLimits {
        didSet { http2.http = http }
    }
    package var http2 = HTTP2Limits()

    package init(http: HTTPLimits = .standard) {
        self.http = http
        http2.http = http
    }

    /// The deadline of a client's progress.
    var progress: MinimumRateDeadline {
        MinimumRateDeadline(patienceMilliseconds: stallMilliseconds, bytesPerSecond: slowestBytesPerSecond)
    }

    /// The deadline of a request's content. Content of known length is one piece. Content of unknown length is a stream
    /// with its own pace.
    func contentProgress(isCounted: Bool) -> MinimumRateDeadline {
        isCounted ? progress : MinimumRateDeadline(patienceMilliseconds: streamMilliseconds, bytesPerSecond: 0)
    }
}
