/// A parsed request head, with the positions of its parts in the parsed bytes.
///
/// Ranges count from the first byte of the buffer that the caller passed to the parser. Keep one head per connection
/// and let the parser fill it for each request. `fields` keeps its memory, so parsing a request allocates nothing. Do
/// not keep a copy of the head when the next parse begins: the shared array would then be copied.
package struct RequestHead: Sendable {
    package var method = Method.other
    /// The method's name as received.
    package var methodName = ByteRange()
    /// The request target as received (RFC 9112 3.2).
    package var target = ByteRange()
    /// The target's path and query, such as `/x?y`. In an absolute-form target, the path may be empty or begin with
    /// `?`; it then needs a `/` before it. The path is also empty for `*`. `ByteBuffer.appendTarget` writes the correct
    /// target in every case.
    package var path = ByteRange()
    /// The requested host and port, from an absolute-form target, from `:authority` in HTTP/2, or otherwise from Host.
    /// The authority is valid by RFC 3986 3.2 and contains no user information. The authority is empty only in HTTP/1.0
    /// without Host.
    package var authority = ByteRange()
    /// 0 or 1. The major version is 1. An HTTP/2 request has 1. A higher minor version counts as 1.
    package var minorVersion: UInt8 = 1
    package var fields: [Field] = []
    /// `.none`, `.length` or `.chunked`.
    package var framing = BodyFraming.none
    /// True when trailers may follow content of known length, as in HTTP/2 (RFC 9113 8.1).
    package var mayHaveTrailers = false
    /// True when the client wants to keep the connection (RFC 9112 9.3).
    package var isPersistent = false
    /// True when the client waits for a 100 response before it sends the content (RFC 9110 10.1.1). False if no content
    /// follows, and in HTTP/1.0, where a server must ignore the expectation.
    package var expectsContinue = false
    /// True for a valid WebSocket upgrade.
    ///
    /// In HTTP/1.1, the request is a GET without content: without Transfer-Encoding, and without a Content-Length other
    /// than 0. The request has `Connection: upgrade`, exactly one `Upgrade` field with the value `websocket`, and
    /// exactly one `Sec-WebSocket-Key`, which is not empty. Its `framing` is `.none`. In HTTP/2, the request is an extended CONNECT for `websocket`. The server ignores any other upgrade,
    /// as RFC 9110 7.8 permits.
    package var upgradesToWebSocket = false
    /// True when the client accepts trailers in the response: TE lists `trailers` (RFC 9110 10.1.4).
    package var acceptsTrailers = false
    /// Size of the head in bytes, including an empty line before it.
    package var count = 0

    package init() {}

    /// Empties the head and keeps the memory of `fields`.
    mutating func clear() {
        method = .other
        methodName = ByteRange()
        target = ByteRange()
        path = ByteRange()
        authority = ByteRange()
        minorVersion = 1
        fields.removeAll(keepingCapacity: true)
        framing = .none
        mayHaveTrailers = false
        isPersistent = false
        expectsContinue = false
        upgradesToWebSocket = false
        acceptsTrailers = false
        count = 0
    }
}
