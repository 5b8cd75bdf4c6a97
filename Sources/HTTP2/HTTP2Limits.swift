package import HTTP

/// The limits of one HTTP/2 connection.
package struct HTTP2Limits: Sendable {
    /// The most open streams (SETTINGS_MAX_CONCURRENT_STREAMS). Browsers and proxies expect 100.
    package var streams = 128
    /// The most unread bytes of a stream's content.
    package var streamWindow = 256 << 10
    /// The most unread bytes of all streams of a connection. It bounds the memory for the connection's content.
    package var connectionWindow = 1 << 20
    /// The largest header list after decompression, as `RequestAssembler.listSize` counts it: few bytes may refer to
    /// many table entries. Beyond it the connection ends. The effective value is at least `http.head`, beyond which the
    /// request is rejected.
    package var headerList = 256 << 10
    /// The most frames of one header block after the first. A head of 16 KiB fits into one frame.
    package var continuations = 8
    /// The interval of the flood limits below, in milliseconds.
    package var floodMilliseconds = 10_000
    /// The most frames that are cheap to send and carry nothing (PING, WINDOW_UPDATE, empty DATA, PRIORITY, unknown
    /// ones). Every frame with a request or content, in either direction, allows `idleFramesForEach` more.
    package var idleFrames = 1_000
    package var idleFramesForEach = 4
    package var settingsFrames = 100
    /// The most cancelled or malformed streams. Each stream with a complete response allows one more.
    package var resets = 256
    package var http = HTTPLimits.standard

    package init() {}
}
