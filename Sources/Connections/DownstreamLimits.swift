package import HTTP
package import HTTP2

/// The bounds of a downstream connection. Milliseconds and bytes.
package struct DownstreamLimits: Sendable {
    package var handshakeMilliseconds = 10_000
    /// The whole head, counted from its first byte (408).
    package var headMilliseconds = 10_000
    package var idleMilliseconds = 75_000
    /// How long a connection without a request keeps its buffers for the next one.
    package var quietMilliseconds = 1_000
    /// No progress of content whose length is known, or of our output.
    package var stallMilliseconds = 60_000
    /// Silence in content of unknown length: it may be a stream of events, and says something when there is something to say.
    package var streamMilliseconds = 300_000
    /// What a client has to send of counted content, and to take of output that waits for it, in the long run: see
    /// `ProgressDeadline`. Far below any line that people use; others hold 240 (Kestrel) or 500 (Apache) for the least. 0 for
    /// none.
    package var slowestBytesPerSecond = 240
    /// How long the answer may take to a client that has ended its side: some still wait for it (RFC 9112, 9.6), most
    /// have gone, and must not keep a worker busy.
    package var halfClosedMilliseconds = 5_000
    /// How long an idle connection is kept for one more request when the server drains: the client does not know yet, and
    /// its next request may be on the way. 0 ends it at once.
    package var drainIdleMilliseconds = 0
    /// The same for a connection that has not asked anything yet, whose first request is probably on the way.
    package var drainFirstMilliseconds = 10_000
    /// A tunnel through which nothing passes.
    package var tunnelIdleMilliseconds = 3_600_000
    /// The same once one of its directions has ended: most ends follow the other at once.
    package var tunnelHalfClosedMilliseconds = 10_000
    /// How long a tunnel may go on when the server drains: its ends know nothing of our leaving.
    package var tunnelDrainMilliseconds = 10_000
    /// How long a connection that we end waits for the client to end it too, so that our last bytes are not reset away.
    package var lingerMilliseconds = 2_000
    /// Content that a lingering connection swallows at most.
    package var lingerBytes = 256 << 10
    /// Output beyond this makes the connection congested, until it has fallen below `outputLow`.
    package var outputHigh = 64 << 10
    package var outputLow = 16 << 10
    /// Input kept while an earlier request is still being answered; at least a head.
    package var pendingHigh = 32 << 10
    package var http: HTTPLimits {
        didSet { http2.http = http }
    }
    package var http2 = HTTP2Limits()

    package init(http: HTTPLimits = .standard) {
        self.http = http
        http2.http = http
    }

    /// For what a client has to move.
    var progress: ProgressDeadline {
        ProgressDeadline(patienceMilliseconds: stallMilliseconds, bytesPerSecond: slowestBytesPerSecond)
    }

    /// For a request's content: what was announced as one piece has to come as one; what has no length is a stream of its own
    /// pace.
    func contentProgress(isCounted: Bool) -> ProgressDeadline {
        isCounted ? progress : ProgressDeadline(patienceMilliseconds: streamMilliseconds, bytesPerSecond: 0)
    }
}
