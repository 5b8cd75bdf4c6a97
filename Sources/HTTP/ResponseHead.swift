/// A parsed response head: what it says, and where in the bytes it says it.
///
/// Ranges count from the first byte of the buffer that was given to the parser. Meant to be filled again and again,
/// like `RequestHead`.
package struct ResponseHead: Sendable {
    /// 100 to 999.
    package var status: UInt16 = 0
    /// The reason phrase; may be empty, means nothing (RFC 9112 4).
    package var reason = ByteRange()
    /// 0 or 1; the major version is 1.
    package var minorVersion: UInt8 = 1
    package var fields: [Field] = []
    /// How the end of the content that follows is found: `.none` in answer to HEAD and for 1xx, 204 and 304.
    package var framing = BodyFraming.none
    /// The connection can carry another exchange after this response. Never with `.untilClose`.
    package var isPersistent = false
    /// A 101 to WebSocket as it has to be: `Connection: upgrade`, and one `Upgrade` that is `websocket` and nothing else.
    package var switchesToWebSocket = false
    /// Bytes that the head takes.
    package var count = 0
    /// The value of Content-Length, also where no content follows (HEAD, 304).
    package var contentLength: UInt64?

    package init() {}

    /// A 1xx other than 101: another response follows for the same request (RFC 9110 15.2).
    package var isInterim: Bool { status >= 100 && status < 200 && status != 101 }

    /// Makes it the head of nothing, keeping the memory of `fields`.
    mutating func clear() {
        status = 0
        reason = ByteRange()
        minorVersion = 1
        fields.removeAll(keepingCapacity: true)
        framing = .none
        isPersistent = false
        switchesToWebSocket = false
        count = 0
        contentLength = nil
    }
}
