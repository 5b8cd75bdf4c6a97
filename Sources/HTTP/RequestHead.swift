/// A parsed request head: what it says, and where in the bytes it says it.
///
/// Ranges count from the first byte of the buffer that was given to the parser. Keep one head per connection and let
/// the parser fill it again and again: `fields` keeps its memory, so a request costs no allocation (a copy of the head
/// that is still alive when the next request is parsed does, because the array is shared then).
package struct RequestHead: Sendable {
    package var method = Method.other
    /// The method as received.
    package var methodName = ByteRange()
    /// The request target as received (RFC 9112 3.2).
    package var target = ByteRange()
    /// The target's path and query: `/x?y`. From an absolute-form target it may be empty or begin with `?`; then a `/`
    /// goes before it. Empty for `*` too. `ByteBuffer.appendTarget` writes the right thing in every case.
    package var path = ByteRange()
    /// Host and port that the request is for: an absolute-form target's, else the value of Host; valid by RFC 3986
    /// 3.2, without user information. Empty only in HTTP/1.0 without Host.
    package var authority = ByteRange()
    /// 0 or 1; the major version is 1.
    package var minorVersion: UInt8 = 1
    package var fields: [Field] = []
    /// `.none`, `.length` or `.chunked`.
    package var framing = BodyFraming.none
    /// The client wants the connection kept (RFC 9112 9.3).
    package var isPersistent = false
    /// The client waits for a 100 before it sends the content (RFC 9110 10.1.1). False when no content follows, and in
    /// HTTP/1.0, where the expectation must be ignored.
    package var expectsContinue = false
    /// GET, HTTP/1.1, no Content-Length and no Transfer-Encoding, `Connection: upgrade`, one `Upgrade` that is
    /// `websocket` and nothing else, one `Sec-WebSocket-Key` that isn't empty. Any other upgrade is ignored, as RFC
    /// 9110 7.8 allows.
    package var upgradesToWebSocket = false
    /// The client keeps trailers of the response apart and does not drop them: TE says `trailers` (RFC 9110 10.1.4).
    package var acceptsTrailers = false
    /// Bytes that the head takes, an empty line before it included.
    package var count = 0

    package init() {}

    /// Makes it the head of nothing, keeping the memory of `fields`.
    mutating func clear() {
        method = .other
        methodName = ByteRange()
        target = ByteRange()
        path = ByteRange()
        authority = ByteRange()
        minorVersion = 1
        fields.removeAll(keepingCapacity: true)
        framing = .none
        isPersistent = false
        expectsContinue = false
        upgradesToWebSocket = false
        acceptsTrailers = false
        count = 0
    }
}
