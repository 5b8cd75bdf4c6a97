internal import HTTP

/// The bytes of the present request that wait for the upstream, and how the request frames its content (RFC 9112 6, 7).
struct RequestOutput: ~Copyable {
    private enum Framing {
        /// Content goes out as it is.
        case plain
        case chunked
        /// The last chunk has been written, and trailer fields behind it.
        case trailers
    }

    var buffer = ByteBuffer()
    private var framing = Framing.plain
    /// Writing has failed. Only what the upstream sent before is still of interest.
    var isBroken = false
    /// A byte of the request may have reached the upstream.
    var isOnTheWay = false
    /// The client waits for less output.
    var wasCongested = false

    /// The next request begins.
    mutating func begin(isChunked: Bool) {
        framing = isChunked ? .chunked : .plain
        isOnTheWay = false
        wasCongested = false
    }

    mutating func append(content: UnsafeBufferPointer<UInt8>) {
        guard framing == .chunked else { return buffer.append(content) }
        buffer.appendChunkHead(content.count)
        buffer.append(content)
        buffer.appendChunkTail()
    }

    /// Appends trailer fields, if the framing has a place for them.
    mutating func append(trailers: TrailerSection) {
        guard framing == .chunked else { return }
        framing = .trailers
        buffer.appendTrailerStart()
        trailers.withBytes { fields, bytes in
            for field in fields { buffer.appendFieldBytes(name: field.name.in(bytes), value: field.value.in(bytes)) }
        }
    }

    /// Appends the end of the content.
    mutating func appendEnd() {
        switch framing {
        case .plain: return
        case .chunked: buffer.appendLastChunk()
        case .trailers: buffer.appendTrailerEnd()
        }
        framing = .plain
    }
}
