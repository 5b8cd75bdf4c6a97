internal import Connections
internal import HTTP

/// The present request as it goes to an upstream: its head, written for the next hop, and the content that has come, as
/// long as the proxy may have to send them again.
///
/// Laws:
/// - While `isReplayable`, the buffer holds everything that an upstream has to get, from the head to the last piece.
/// - The buffer holds content without framing: each upstream's protocol frames it.
struct ReplayBuffer: ~Copyable {
    /// Bytes that stay allocated for the connection's next request.
    private static let keptCapacity = 2 << 10

    /// The head in the form for the upstream's protocol.
    var head = UpstreamRequest()
    private var content = ByteBuffer()
    private var trailers = TrailerSection()
    /// The epoch in the head.
    private(set) var epoch: UInt64 = 0
    /// The request is complete. After a switch to a tunnel: the client has ended its direction.
    private(set) var isEnded = false
    private(set) var isReplayable = false

    var method: Method { head.method }

    /// Bytes of memory that the buffer holds.
    var capacity: Int { headCapacity + content.capacity }

    private var headCapacity: Int {
        head.capacity + (trailers.isEmpty ? 0 : trailers.capacity)
    }

    /// The charged part of these bytes.
    var charge: Int { MemoryLedger.charge(head: headCapacity) + MemoryLedger.charge(content.capacity) }

    /// Begins the next request. The caller then writes the rest of `head`.
    ///
    /// - Parameter epoch: the epoch in the head.
    mutating func begin(method: Method, framing: BodyFraming, epoch: UInt64, mayTunnel: Bool) {
        head.removeAll()
        head.method = method
        head.framing = framing
        head.mayTunnel = mayTunnel
        if !content.isEmpty { content.removeAll() }
        if !trailers.isEmpty { trailers.removeAll() }
        self.epoch = epoch
        isEnded = false
        isReplayable = true
    }

    // MARK: Input

    /// Takes a piece of content. Keeps it while it may be needed again, and sends it to the upstream that has the request.
    ///
    /// - Parameter limit: bytes of content that are kept while an upstream has the request.
    mutating func take(_ piece: UnsafeBufferPointer<UInt8>, limit: Int, sendingTo upstream: (any UpstreamStream)?) {
        if isReplayable {
            content.append(piece)
            if content.count > limit && upstream != nil { isReplayable = false }
        }
        guard let upstream else { return }
        upstream.writeContent(piece)
        if !isReplayable && capacity > 0 { drop() }
    }

    /// Takes trailer fields; those that may not pass are dropped.
    mutating func take(
        trailers fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>, sendingTo upstream: (any UpstreamStream)?
    ) {
        trailers.removeAll()
        for field in fields where HeaderPolicy.trailers.copies(field) {
            trailers.append(name: field.name.in(bytes), value: field.value.in(bytes))
        }
        if !trailers.isEmpty { upstream?.writeTrailers(trailers) }
    }

    /// The request is complete.
    mutating func end(sendingTo upstream: (any UpstreamStream)?) {
        isEnded = true
        upstream?.endRequest()
    }

    // MARK: Output

    /// Sends everything that has come so far to an upstream that gets the request now.
    ///
    /// - Parameter epoch: the epoch under which the request goes out.
    mutating func send(to upstream: any UpstreamStream, for client: any UpstreamClient, epoch: UInt64) {
        if self.epoch != epoch {
            RequestRewriter.renew(&head.bytes, from: self.epoch, to: epoch)
            self.epoch = epoch
        }
        upstream.begin(client, head)
        if !content.isEmpty { upstream.writeContent(content.readable) }
        if !trailers.isEmpty { upstream.writeTrailers(trailers) }
        if isEnded { upstream.endRequest() }
    }

    // MARK: The end

    /// An upstream has begun to respond: from now on only that upstream can. The response may take long, so a large
    /// request is dropped now.
    mutating func responseBegan() {
        isReplayable = false
        if capacity > ReplayBuffer.keptCapacity { drop() }
    }

    /// The request has become a tunnel: a direction of bytes that ends on its own.
    mutating func becameTunnel() {
        isReplayable = false
        isEnded = false
        drop()
    }

    /// The response is complete. After an early response the rest of the request goes nowhere.
    mutating func finish() {
        isReplayable = false
        if !isEnded || capacity > ReplayBuffer.keptCapacity { drop() }
    }

    /// Releases the memory: no upstream gets the request any more.
    mutating func drop() {
        head.release()
        content.release()
        if !trailers.isEmpty { trailers = TrailerSection() }
    }
}
