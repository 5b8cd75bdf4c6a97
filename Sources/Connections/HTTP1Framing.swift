internal import HTTP

/// The framing of the present response in HTTP/1.1. Also decides if the connection stays open after it (RFC 9112 6, 7
/// and 9.3).
struct HTTP1Framing {
    /// True if the connection takes another request after this one.
    private(set) var keepsAlive = false
    private var isHTTP10 = false
    private var hasNoContent = false
    private var isChunked = false
    private var hasTrailers = false

    init() {}

    /// - Parameter isDraining: the server takes no further request of this connection.
    init(answering head: borrowing RequestHead, isDraining: Bool) {
        keepsAlive = head.isPersistent && !isDraining
        isHTTP10 = head.minorVersion == 0
        hasNoContent = head.method == .head
    }

    /// RFC 9110 15.2: a client of HTTP/1.0 gets no interim response.
    var takesInterim: Bool { !isHTTP10 }

    mutating func endConnection() { keepsAlive = false }

    mutating func begin(status: UInt16, in output: inout ByteBuffer) {
        isChunked = false
        hasTrailers = false
        output.appendStatusLine(status)
        if status == 101 || status == 204 || status == 304 { hasNoContent = true }
    }

    /// The server's own answer always has content, whatever the request was.
    mutating func answerAlone() {
        keepsAlive = false
        hasNoContent = false
    }

    /// Ends the head with the fields of this hop. For a client of HTTP/1.0, content of unknown length ends with the
    /// close.
    ///
    /// - Parameter isLast: the connection takes no further request.
    mutating func endHead(_ framing: BodyFraming, isLast: Bool, in output: inout ByteBuffer) -> ServerExchange.Content {
        var content = ServerExchange.Content.none
        switch framing {
        case .length(let length):
            output.appendField(name: "content-length", decimal: length)
            content = .counted(left: length)
        case .chunked, .untilClose:
            content = .unbounded
            isChunked = !isHTTP10
            if isChunked { output.appendField("transfer-encoding", "chunked") } else { keepsAlive = false }
        case .none: break
        }
        if hasNoContent {
            content = .none
            isChunked = false
        }
        if isLast { keepsAlive = false }
        if !keepsAlive {
            output.appendField("connection", "close")
        } else if isHTTP10 {
            output.appendField("connection", "keep-alive")
        }
        output.append("\r\n")
        return content
    }

    mutating func endTunnelHead(in output: inout ByteBuffer) {
        output.append("connection: upgrade\r\nupgrade: websocket\r\n\r\n")
        keepsAlive = false
    }

    func beginPiece(_ count: Int, in output: inout ByteBuffer) {
        if isChunked { output.appendChunkHead(count) }
    }

    func endPiece(in output: inout ByteBuffer) {
        if isChunked { output.appendChunkTail() }
    }

    /// Drops the field if the framing has no place for it.
    mutating func appendTrailer(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, in output: inout ByteBuffer
    ) {
        guard isChunked else { return }
        if !hasTrailers { output.appendTrailerStart() }
        hasTrailers = true
        output.appendFieldBytes(name: name, value: value)
    }

    func end(in output: inout ByteBuffer) {
        guard isChunked else { return }
        if hasTrailers { output.appendTrailerEnd() } else { output.appendLastChunk() }
    }
}
