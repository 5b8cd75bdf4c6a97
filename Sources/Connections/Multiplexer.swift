internal import HTTP
internal import Multiplexing
internal import Sockets

/// The owner of a multiplexer: the event source of its connection.
protocol MultiplexerOwner: EventSource {
    /// The peer has begun a stream; false refuses it. Called only on the side that has accepted the connection.
    func accept(_ stream: MultiplexedStream) -> Bool

    /// A stream has ended, and its place is free again.
    func streamEnded()

    /// The connection has ended or broken, and the streams know.
    func multiplexerEnded(_ error: TransportError?)
}

/// Many byte streams over one transport (`understudy/1`), the protocol between nodes of a cluster.
///
/// Each stream is a `Transport` (`MultiplexedStream`) with an HTTP/1.1 connection at both ends, which serves one
/// request after the other. So the same code frames, checks, pauses and breaks off messages as on a socket, and the
/// multiplexer knows no HTTP.
///
/// Laws:
/// - Bytes that streams write in a turn of the loop leave at its end, in as few TLS records and system calls as
///   possible.
/// - In each direction a stream has at most a window of bytes in transit or unread. An unread stream stops no other
///   stream.
/// - The place of a stream is used again only after both sides have ended the stream, or this side has reset it.
/// - A frame for a stream that has ended is ignored. A frame that breaks the protocol ends the connection.
/// - No frames of a peer make a list or the output grow without a bound. A peer that causes frames and does not read
///   them loses its connection. This side can't stop reading instead: then both sides could wait for each other.
final class Multiplexer: PumpedConnection {
    /// More output than this stops the streams from writing until it has fallen to `outputLow`. Bytes.
    private static let outputHigh = 256 << 10
    private static let outputLow = 64 << 10
    /// This much output does not wait for the end of the turn, so that the peer can begin with it. Bytes.
    private static let outputEarly = 64 << 10
    /// The most bytes of frames without content that wait behind `outputHigh`: refusals, credit, ends. All streams of an
    /// honest peer together cause half of it, even if the peer reads nothing meanwhile.
    static let controlHigh = 256 << 10

    /// The bound on open streams.
    static let maximumStreams = MultiplexingLimits.streams

    let loop: EventLoop
    let peerIdentity: PeerIdentity
    var pump: TransportPump
    private unowned let owner: any MultiplexerOwner
    private let isOpener: Bool
    private var reader: FrameReader
    private var output = ByteBuffer()
    private var places: [MultiplexedStream?] = []
    private var uses: [UInt32] = []
    private var freePlaces: [Int] = []
    /// The stream whose content is being received; nil when the stream has ended.
    private var receiving: MultiplexedStream?
    /// Streams that give their peers credit at the end of the turn, if their readers then want more.
    private var creditors: [MultiplexedStream] = []
    /// Streams that wait until there is room for output.
    private var blocked = AgeList<MultiplexedStream>()
    /// Streams that the peer has opened in this turn.
    private var openedCount = 0
    /// The peer has sent bytes, so it accepts our certificate.
    private var hasReceived = false
    private var isEnded = false
    /// Writing has failed. The connection ends at the end of the turn, not inside the call that wrote.
    private var writeError: TransportError?
    /// Streams that have not ended.
    private(set) var streamCount = 0
    private let live: LiveObject

    /// - Parameters:
    ///   - transport: after its handshake.
    ///   - isOpener: this side made the connection. Only that side begins streams.
    init(transport: any Transport, isOpener: Bool, owner: any MultiplexerOwner, loop: EventLoop) {
        pump = TransportPump(transport)
        self.isOpener = isOpener
        self.owner = owner
        self.loop = loop
        live = LiveObject(Multiplexer.self, on: loop)
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

    /// A stream has ended on this side and frees its place.
    func leave(_ stream: MultiplexedStream) {
        if let waiting = stream.placeAmongBlocked.take() { blocked.remove(waiting) }
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

    /// All written bytes have left.
    var isSent: Bool { isEnded || (!pump.isWaiting(output)) }

    /// Bytes of content that streams may write now.
    var room: Int { isEnded || writeError != nil ? 0 : Multiplexer.outputHigh - output.count }

    /// Appends one frame, which leaves at the end of the turn.
    func write(_ header: FrameHeader, _ content: UnsafeBufferPointer<UInt8>) {
        guard !isEnded, writeError == nil else { return }
        output.append(header)
        if case .failed = pump.gather(content, behind: &output, now: loop.now).outcome { writeError = .truncated }
        written()
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
        if output.count >= Multiplexer.outputEarly { outputGrew() }
        loop.callAtEndOfTurn(owner)
    }

    private func outputGrew() {
        if !pump.isWriteBlocked { flush() }
        guard output.count > Multiplexer.outputHigh + Multiplexer.controlHigh else { return }
        writeError = .secure(.other, message: "the peer does not read what its frames cause")
    }

    /// Calls the stream at the end of the turn, to give credit.
    func giveCredit(of stream: MultiplexedStream) {
        creditors.append(stream)
        loop.callAtEndOfTurn(owner)
    }

    /// Calls the stream once there is room again. A stream that waits already keeps its place.
    func awaitRoom(_ stream: MultiplexedStream) {
        if stream.placeAmongBlocked == nil { stream.placeAmongBlocked = blocked.append(stream) }
    }

    /// The number of streams that wait for room.
    var blockedCount: Int { blocked.count }

    private func flush() {
        if writeError == nil, case .failed = pump.send(&output, now: loop.now).outcome { writeError = .truncated }
        if output.isEmpty && output.capacity > Multiplexer.outputEarly { output.release() }
    }

    /// The owner's end of turn.
    func endOfTurn() {
        guard !isEnded else { return }
        if openedCount > 0 { readRestNextTurn() }
        if !creditors.isEmpty {
            let streams = creditors
            creditors = []
            for stream in streams { stream.creditCame() }
        }
        flush()
        if let writeError {
            // The peer may have sent bytes before it closed.
            if case .truncated = writeError { receiveInput() }
            end(writeError)
            return
        }
        updateInterest()
        wakeBlocked()
    }

    private func wakeBlocked() {
        guard output.count <= Multiplexer.outputLow else { return }
        // A stream that fills the output again waits behind the others.
        for _ in 0..<blocked.count {
            guard let stream = blocked.removeOldest() else { return }
            stream.placeAmongBlocked = nil
            stream.roomCame()
        }
    }

    // MARK: Input

    /// The owner's readiness.
    func ready(_ readiness: Readiness) {
        guard !isEnded else { return }
        if readiness.contains(.writable) {
            pump.becameWritable()
            flush()
            loop.callAtEndOfTurn(owner)
        }
        if !readiness.isDisjoint(with: [.readable, .hangup, .error]) { receiveInput() }
    }

    var pumpSource: EventSource { owner }
    var inputSpace: UnsafeMutableBufferPointer<UInt8> { loop.sharedScratch }
    /// Each opened stream makes a connection, which lives at least to the end of the turn.
    var takesInput: Bool { !isEnded && openedCount <= Multiplexer.maximumStreams }

    private func readRestNextTurn() {
        if openedCount > Multiplexer.maximumStreams { loop.callNextTurn(owner) }
        openedCount = 0
    }

    func inputEnded() { end(nil) }

    func inputFailed(_ error: TransportError) { end(error) }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        hasReceived = true
        var offset = 0
        // A stream's source may end the connection.
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
        openedCount += 1
        loop.callAtEndOfTurn(owner)
        let stream = MultiplexedStream(id: id, multiplexer: self, isAccepted: true)
        places[place] = stream
        streamCount += 1
        if !owner.accept(stream) {
            write(.refuse, id)
            leave(stream)
        }
    }

    /// The peer has broken the protocol.
    private func fail() {
        end(.secure(.other, message: "the peer broke the multiplexing protocol"))
    }

    // MARK: Ending

    /// Ends the connection and every stream.
    ///
    /// - Parameter error: nil when the peer ended it properly.
    func end(_ error: TransportError?) {
        guard !isEnded else { return }
        isEnded = true
        receiving = nil
        creditors = []
        output.release()
        pump.unwatch(owner, on: loop)
        pump.closeWrite()
        // An alert proves that no request was read, but only until the peer has accepted our certificate.
        let told = hasReceived ? .truncated : error ?? .truncated
        for stream in places {
            if let stream { stream.connectionEnded(told) }
        }
        owner.multiplexerEnded(error)
    }

    func updateInterest() {
        guard !isEnded else { return }
        pump.updateInterest(reads: true, of: owner, on: loop)
    }
}
