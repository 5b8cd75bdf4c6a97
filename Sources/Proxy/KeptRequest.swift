internal import Connections
internal import HTTP

/// The present request as it goes to a worker: its head written afresh, and what has come of its content, kept for as long as
/// it may have to be sent again.
///
/// Laws:
/// - While `isReplayable`, `bytes` is everything that a worker has to get, from the head to what came last.
/// - Content is framed here, so that what is kept and what is sent at once are the same bytes.
struct KeptRequest: ~Copyable {
    /// What stays allocated for the connection's next request.
    private static let keptCapacity = 2 << 10

    private var buffer = ByteBuffer()
    private var headCount = 0
    /// The reign that stands in the kept head.
    private(set) var epoch: UInt64 = 0
    private(set) var method = Method.get
    private var isChunked = false
    /// Trailer fields have come, and the last chunk before them is written.
    private var hasTrailers = false
    /// Nothing follows any more.
    private(set) var isEnded = false
    private(set) var isReplayable = false

    /// What to send to a worker that gets the request now.
    var bytes: UnsafeBufferPointer<UInt8> { buffer.readable }

    /// Begins the next request.
    ///
    /// - Parameters:
    ///   - epoch: the one that stands in the head.
    ///   - write: appends the head.
    mutating func begin(
        _ head: borrowing RequestHead, epoch: UInt64, _ write: (inout ByteBuffer) -> Void
    ) {
        buffer.removeAll()
        self.epoch = epoch
        write(&buffer)
        headCount = buffer.count
        method = head.method
        isChunked = head.framing == .chunked
        hasTrailers = false
        isEnded = false
        isReplayable = true
    }

    // MARK: What comes

    /// Takes a piece of content: keeps it while that may be of use, and sends it on when a worker has the request.
    ///
    /// - Parameter limit: content beyond this is not kept once a worker has the request.
    mutating func take(_ content: UnsafeBufferPointer<UInt8>, limit: Int, sendingTo upstream: UpstreamConnection?) {
        if isReplayable {
            KeptRequest.append(content, isChunked: isChunked, to: &buffer)
            if buffer.count - headCount > limit && upstream != nil { isReplayable = false }
        }
        guard let upstream else { return }
        upstream.write { KeptRequest.append(content, isChunked: isChunked, to: &$0) }
        if !isReplayable && buffer.capacity > 0 { buffer.release() }
    }

    private static func append(
        _ content: UnsafeBufferPointer<UInt8>, isChunked: Bool, to output: inout ByteBuffer
    ) {
        guard isChunked else {
            output.append(content)
            return
        }
        output.appendChunkHead(content.count)
        output.append(content)
        output.appendChunkTail()
    }

    mutating func take(
        trailers fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>, sendingTo upstream: UpstreamConnection?
    ) {
        // A length is told in place of chunks: there is no place for them (RFC 9110 6.5.1).
        guard isChunked else { return }
        hasTrailers = true
        if isReplayable { RequestRewriter.append(trailers: fields, bytes, to: &buffer) }
        upstream?.write { RequestRewriter.append(trailers: fields, bytes, to: &$0) }
    }

    /// The request is whole.
    mutating func end(sendingTo upstream: UpstreamConnection?) {
        isEnded = true
        if isChunked {
            if isReplayable { KeptRequest.appendEnd(hasTrailers: hasTrailers, to: &buffer) }
            upstream?.write { KeptRequest.appendEnd(hasTrailers: hasTrailers, to: &$0) }
        }
        upstream?.endRequest()
    }

    private static func appendEnd(hasTrailers: Bool, to output: inout ByteBuffer) {
        if hasTrailers { output.appendTrailerEnd() } else { output.appendLastChunk() }
    }

    // MARK: What becomes of it

    /// Another reign stands in the head from now on.
    mutating func renew(epoch: UInt64) {
        guard isReplayable, self.epoch != epoch else { return }
        RequestRewriter.renew(&buffer, headCount: &headCount, from: self.epoch, to: epoch)
        self.epoch = epoch
    }

    /// A worker has begun to answer: from here on only it can.
    mutating func isAnswered() { isReplayable = false }

    /// The request has become a tunnel: it is a direction of bytes, which ends on its own.
    mutating func becomesTunnel() {
        isReplayable = false
        isEnded = false
        buffer.release()
    }

    /// The response is whole. After an early one the rest of the request goes nowhere.
    mutating func isOver() {
        isReplayable = false
        if isEnded && buffer.capacity <= KeptRequest.keptCapacity { buffer.removeAll() } else { buffer.release() }
    }

    /// Nobody gets the request any more; gives the memory back.
    mutating func drop() { buffer.release() }
}
