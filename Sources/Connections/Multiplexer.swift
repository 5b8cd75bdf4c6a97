internal import HTTP
internal import Multiplexing
internal import Sockets

/// Whom a multiplexer belongs to: the event source of the connection.
protocol MultiplexerOwner: EventSource {
    /// The peer has begun a stream; false refuses it. Only the accepting side is asked.
    func accept(_ stream: MultiplexedStream) -> Bool

    /// A stream has ended and its place is free again.
    func streamEnded()

    /// The connection has ended or broken; the streams have been told.
    func multiplexerEnded(_ error: TransportError?)
}

/// Many byte streams over one transport (`understudy/1`): what nodes of a cluster speak to each other.
///
/// Each stream looks like a connection of its own (`MultiplexedStream` is a `Transport`), with an HTTP/1.1 connection at both
/// its ends that serves one request after the other. So a message is framed, checked, paused and broken off by the same code as
/// anywhere, and the multiplexer knows nothing of HTTP.
///
/// Laws:
/// - What the streams write during a turn of the loop leaves at its end, in as few TLS records and system calls as it fits.
/// - A stream has at most a window of bytes on the way or unread in each direction; one that is not read stops nobody else.
/// - Places of streams are used again only when both sides have ended the stream, or ours has reset it.
/// - A frame for a stream that is over is ignored; one that breaks the protocol ends the connection.
final class Multiplexer {
    /// Output beyond this stops the streams from writing until it has fallen to `outputLow`.
    private static let outputHigh = 256 << 10
    private static let outputLow = 64 << 10
    /// Output that does not wait for the end of the turn, so that the peer can begin with it.
    private static let outputEarly = 64 << 10

    /// Streams open at a time.
    static let maximumStreams = MultiplexingLimits.streams

    let loop: EventLoop
    let peerIdentity: PeerIdentity
    private let transport: any Transport
    private unowned let owner: any MultiplexerOwner
    private let isOpener: Bool
    private var reader: FrameReader
    private var output = ByteBuffer()
    private var places: [MultiplexedStream?] = []
    private var uses: [UInt32] = []
    private var freePlaces: [Int] = []
    /// The stream whose content is being received; nil when it is over.
    private var receiving: MultiplexedStream?
    /// Streams that wait until there is room for output.
    private var blocked: [MultiplexedStream] = []
    private var isWriteBlocked = false
    /// The peer has said something: it has taken us for one of the cluster.
    private var hasReceived = false
    private var isEnded = false
    /// Writing has failed: told at the end of the turn, not inside the call of whoever wrote.
    private var writeError: TransportError?
    /// Streams that are not over.
    private(set) var streamCount = 0

    /// - Parameters:
    ///   - transport: after its handshake.
    ///   - isOpener: the side that made the connection, which alone begins streams.
    init(transport: any Transport, isOpener: Bool, owner: any MultiplexerOwner, loop: EventLoop) {
        self.transport = transport
        self.isOpener = isOpener
        self.owner = owner
        self.loop = loop
        peerIdentity = transport.peerIdentity
        reader = FrameReader(expectsPreface: !isOpener)
        if isOpener {
            output.append(MultiplexingLimits.preface)
            loop.callAtEndOfTurn(owner)
        }
    }

    // MARK: Streams

    /// Begins a stream; nil when all places are taken.
    func open() -> MultiplexedStream? {
        precondition(isOpener, "only the side that made the connection begins streams")
        guard !isEnded else { return nil }
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
        } else {
            guard places.count < MultiplexingLimits.streams else { return nil }
            place = places.count
            places.append(nil)
            uses.append(0)
        }
        let stream = MultiplexedStream(
            id: StreamID(place: place, use: uses[place]), multiplexer: self, isAccepted: false)
        places[place] = stream
        streamCount += 1
        return stream
    }

    /// A stream is over on this side and leaves its place.
    func leave(_ stream: MultiplexedStream) {
        let place = stream.id.place
        guard places[place] === stream else { return }
        places[place] = nil
        if receiving === stream { receiving = nil }
        if isOpener {
            uses[place] &+= 1
            freePlaces.append(place)
        }
        streamCount -= 1
        if !isEnded { owner.streamEnded() }
    }

    private func stream(_ id: StreamID) -> MultiplexedStream? {
        let place = id.place
        guard place < places.count, let stream = places[place], stream.id == id else { return nil }
        return stream
    }

    // MARK: Output

    /// Nothing that was written waits any more.
    var isSent: Bool { isEnded || (output.isEmpty && transport.unsent == 0) }

    /// How many bytes of content there is room for.
    var room: Int { isEnded || writeError != nil ? 0 : Multiplexer.outputHigh - output.count }

    /// Appends one frame; leaves at the end of the turn.
    func write(_ header: FrameHeader, _ content: UnsafeBufferPointer<UInt8>) {
        guard !isEnded, writeError == nil else { return }
        output.append(header)
        if isWriteBlocked { output.append(content) } else { note(output.gather(content, into: transport).outcome) }
        written()
    }

    private func note(_ outcome: SendOutcome) {
        switch outcome {
        case .done: break
        case .blocked: isWriteBlocked = true
        case .failed: writeError = .truncated
        }
    }

    func write(_ kind: FrameKind, _ stream: StreamID) {
        write(FrameHeader(kind: kind, length: 0, stream: stream), UnsafeBufferPointer(start: nil, count: 0))
    }

    func writeCredit(_ amount: Int, _ stream: StreamID) {
        guard !isEnded, writeError == nil else { return }
        output.appendCredit(amount, stream: stream)
        written()
    }

    private func written() {
        if output.count >= Multiplexer.outputEarly && !isWriteBlocked { flush() }
        loop.callAtEndOfTurn(owner)
    }

    /// Calls the stream when there is room again.
    func awaitRoom(_ stream: MultiplexedStream) {
        blocked.append(stream)
    }

    private func flush() {
        if !isWriteBlocked && writeError == nil { note(output.send(through: transport).outcome) }
        if output.isEmpty && output.capacity > Multiplexer.outputEarly { output.release() }
    }

    /// The owner's end of turn.
    func endOfTurn() {
        guard !isEnded else { return }
        flush()
        if writeError != nil {
            // What the peer sent before it went is still of interest.
            readInput()
            if let writeError { end(writeError) }
            return
        }
        updateInterest()
        wakeBlocked()
    }

    private func wakeBlocked() {
        guard !blocked.isEmpty, output.count <= Multiplexer.outputLow else { return }
        let streams = blocked
        blocked = []
        for stream in streams { stream.roomCame() }
    }

    // MARK: Input

    /// The owner's readiness.
    func ready(_ readiness: Readiness) {
        guard !isEnded else { return }
        if readiness.contains(.writable) {
            isWriteBlocked = false
            flush()
            loop.callAtEndOfTurn(owner)
        }
        if !readiness.isDisjoint(with: [.readable, .hangup, .error]) { readInput() }
    }

    private func readInput() {
        var turn = InputTurn()
        while !isEnded,
            let result = turn.receive(from: transport, using: loop.sharedScratch, for: owner, on: loop)
        {
            switch result {
            case .bytes(let bytes): received(bytes)
            case .wouldBlock(let direction):
                if direction == .write { isWriteBlocked = true }
                return
            case .endOfStream:
                end(nil)
                return
            case .failed(let error):
                end(error)
                return
            }
        }
    }

    private func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        hasReceived = true
        var offset = 0
        // A call into a stream may end the connection.
        while !isEnded {
            switch reader.next(bytes, at: &offset) {
            case .needMore: return
            case .frame(let header): begin(header)
            case .content(let start, let count):
                receiving?.received(UnsafeBufferPointer(rebasing: bytes[start..<(start + count)]))
            case .credit(let id, let amount):
                if let stream = stream(id), !stream.gained(amount) { fail() }
            case .failed: fail()
            }
        }
    }

    private func begin(_ header: FrameHeader) {
        receiving = nil
        if header.kind == .open {
            accept(header.stream)
        }
        guard let stream = stream(header.stream) else { return }
        switch header.kind {
        case .open, .data:
            guard stream.expects(header.length) else {
                fail()
                return
            }
            receiving = stream
        case .end: stream.peerEnded()
        case .reset: stream.peerReset(isRefusal: false)
        case .refuse: stream.peerReset(isRefusal: true)
        case .credit: break
        }
    }

    private func accept(_ id: StreamID) {
        let place = id.place
        guard !isOpener, place < MultiplexingLimits.streams else {
            fail()
            return
        }
        while places.count <= place { places.append(nil) }
        guard places[place] == nil else {
            fail()
            return
        }
        let stream = MultiplexedStream(id: id, multiplexer: self, isAccepted: true)
        places[place] = stream
        streamCount += 1
        if !owner.accept(stream) {
            write(.refuse, id)
            leave(stream)
        }
    }

    /// The peer does not keep to the protocol.
    private func fail() {
        end(.secure(.other, message: "the peer broke the multiplexing protocol"))
    }

    // MARK: Ending

    /// Ends the connection and tells every stream.
    ///
    /// - Parameter error: nil when the peer ended it properly.
    func end(_ error: TransportError?) {
        guard !isEnded else { return }
        isEnded = true
        receiving = nil
        blocked = []
        output.release()
        transport.unwatch(owner, on: loop)
        transport.closeWrite()
        // An alert says that no request was seen only as long as the peer has not taken us.
        let told = hasReceived ? .truncated : error ?? .truncated
        for stream in places {
            if let stream { stream.connectionEnded(told) }
        }
        owner.multiplexerEnded(error)
    }

    private func updateInterest() {
        guard !isEnded else { return }
        transport.update(owner, on: loop, for: isWriteBlocked ? [.readable, .writable] : .readable)
    }
}
