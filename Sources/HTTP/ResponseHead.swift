/// A parsed response head, with the positions of its parts in the parsed bytes.
///
/// Ranges count from the first byte of the buffer that the caller passed to the parser. As with `RequestHead`, keep one
/// head and let the parser fill it for each response.
package struct ResponseHead: Sendable {
    /// 100 to 999.
    package var status: UInt16 = 0
    /// The reason phrase, which may be empty and has no meaning (RFC 9112 4).
    package var reason = ByteRange()
    /// 0 or 1; the major version is 1. A higher minor version counts as 1.
    package var minorVersion: UInt8 = 1
    package var fields: [Field] = []
    /// The rule that finds the end of the content; `.none` for a response to HEAD and for 1xx, 204 and 304.
    package var framing = BodyFraming.none
    /// True when trailers may follow content of known length, as in HTTP/2 (RFC 9113 8.1).
    package var mayHaveTrailers = false
    /// True when the connection can carry another exchange after this response. Never true with `.untilClose`.
    package var isPersistent = false
    /// True for a valid 101 response to a WebSocket upgrade: it has `Connection: upgrade` and exactly one `Upgrade`
    /// field with the value `websocket`.
    package var switchesToWebSocket = false
    /// Size of the head in bytes.
    package var count = 0
    /// The value of Content-Length, even if no content follows (HEAD, 304); nil without Content-Length.
    package var contentLength: UInt64?

    package init() {}

    /// True for a 1xx response other than 101: another response to the same request follows (RFC 9110 15.2).
    package var isInterim: Bool { status >= 100 && status < 200 && status != 101 }

    /// Empties the head and keeps the memory of `fields`.
    mutating func clear() {
        status = 0
        reason = ByteRange()
        minorVersion = 1
        fields.removeAll(keepingCapacity: true)
        framing = .none
        mayHaveTrailers = false
        isPersistent = false
        switchesToWebSocket = false
        count = 0
        contentLength = nil
    }
}
