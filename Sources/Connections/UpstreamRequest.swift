package import HTTP
package import HTTP2

/// The head of a request in the form that the upstream's protocol sends.
package struct UpstreamRequest: ~Copyable {
    package var method = Method.get
    /// `.none`, `.length` or `.chunked`. HTTP/2 only needs to know whether content follows.
    package var framing = BodyFraming.none
    /// Trailers may follow content of known length.
    package var mayHaveTrailers = false
    /// The request asks for WebSocket. Then a 101 may make a tunnel.
    package var mayTunnel = false
    /// For HTTP/1.1: the head as it goes out.
    package var bytes = ByteBuffer()
    /// For HTTP/2: the pseudo-fields and the fields.
    package var fields = FieldList()

    package init() {}

    /// Empties the head and keeps its memory.
    package mutating func removeAll() {
        bytes.removeAll()
        fields.removeAll()
    }

    /// Bytes of memory that the head holds.
    package var capacity: Int { bytes.capacity &+ fields.capacity }

    /// Empties the head and frees its memory.
    package mutating func release() {
        bytes.release()
        if !fields.isEmpty { fields = FieldList() }
    }

    var hasContent: Bool { framing != .none && (framing != .length(0) || mayHaveTrailers) }
}
