package import HTTP

/// The bounds of one HTTP/2 connection.
package struct HTTP2Limits: Sendable {
    /// Streams that are open at a time (SETTINGS_MAX_CONCURRENT_STREAMS). What browsers and proxies count on is 100.
    package var streams = 128
    /// Bytes of a stream's content that may be on their way to whoever takes it.
    package var streamWindow = 256 << 10
    /// The same for all streams of a connection together: what a connection can make us hold.
    package var connectionWindow = 1 << 20
    /// What a header block may unfold to before the connection ends, in the reckoning of `RequestAssembler.listSize`: a few bytes
    /// on the wire may name many from the table. No less than `http.head` counts, beyond which the request is refused.
    package var headerList = 256 << 10
    /// Frames to one header block after the first. A head of 16 KiB fits into one frame.
    package var continuations = 8
    /// The bounds below count within stretches of this many milliseconds.
    package var floodMilliseconds = 10_000
    /// Frames that are cheap to send and bring nothing (PING, WINDOW_UPDATE, empty DATA, PRIORITY, unknown ones). Besides,
    /// `idleFramesForEach` for every frame that carries a request or content, either way: who moves much may also say much.
    package var idleFrames = 1_000
    package var idleFramesForEach = 4
    package var settingsFrames = 100
    /// Streams that the client gives up, or breaks; besides, one for each that was answered whole.
    package var resets = 256
    package var http = HTTPLimits.standard

    package init() {}
}
