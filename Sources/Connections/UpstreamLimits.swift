package import HTTP

/// The limits of an upstream connection, in milliseconds and bytes.
package struct UpstreamLimits: Sendable {
    /// The time for connect and TLS handshake together.
    package var connectMilliseconds = 3_000
    /// The idle time of a pooled connection. It is below the worker's own idle timeout, so that requests do not meet a
    /// closing connection.
    package var idleMilliseconds = 60_000
    /// The most kept connections of each loop to each upstream. Further ones close when they become idle.
    package var idleConnections = 256
    /// The time from the end of the request to the response head; 0 for no limit. It is above the longest task of a
    /// worker.
    package var responseMilliseconds = 75_000
    /// The time without progress: the peer does not read the request, or stalls in a response of known length.
    package var stallMilliseconds = 60_000
    /// The silence in a response of unknown length after the whole request was sent. Before, the client's own time
    /// counts.
    package var streamMilliseconds = 300_000
    /// The most connections of each loop to an application that takes one request on each; 0 for no limit.
    package var http1Connections = 0
    /// The most requests on one HTTP/2 connection to an application.
    package var http2Streams = 128
    /// The most bytes of a response that wait for a slow client, on one HTTP/2 stream.
    package var http2StreamWindow = 64 << 10
    /// The most HTTP/2 connections of each loop to an application, including those that only finish their requests.
    package var http2Connections = 32
    /// The number of streams of such a connection that are reset at once after clients cancel, and the interval of
    /// further resets. The other streams stay open until the application answers, or until their reset.
    package var http2ResetBurst = 16
    package var http2ResetMilliseconds = 200
    /// A connection with this many resets gets no more requests if there can be another one.
    package var http2Resets = 100
    /// The silence of an HTTP/2 connection with a request in progress before it gets a PING. Without an answer, the
    /// connection gets no more requests after the second time, and closes after the third.
    package var http2PingMilliseconds = 10_000
    package var http2PingAnswerMilliseconds = 2_000
    package var http2PingDeadMilliseconds = 30_000
    /// Counts what HTTP/2 connections hold for their requests; nil to count nothing.
    package var memory: MemoryAccount?
    /// With as many unsent bytes a connection takes no more of a request's content.
    package var outputHigh = 64 << 10
    package var outputLow = 16 << 10
    package var http: HTTPLimits

    package init(http: HTTPLimits = .standard) { self.http = http }
}
