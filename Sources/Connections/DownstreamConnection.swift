internal import HTTP
package import Sockets

/// The server's side of one HTTP/1.1 connection: bytes in from the client, responses out.
///
/// States of the connection (`Phase`):
///
///     handshaking -> awaitingHead -> receivingBody -> awaitingResponse -> awaitingHead -> ...
///                         any of them -> lingering -> closed,   or -> closed at once
///
/// Laws:
/// - One exchange at a time. Bytes of a next request (pipelining) stay in `pending` until the response has been written whole.
/// - An exchange is active from `requestHead` until the request has been read and the response written, or until `cancelled`.
/// - Nothing is written to the socket before the end of the loop's turn, unless a large piece of content comes: a response's head,
///   content and end leave in one write.
/// - After `closed` no callback comes and every write is ignored.
///
/// What it does not know: what a request means, and where its answer comes from.
package final class DownstreamConnection: EventSource, Downstream {
    enum Phase {
        case handshaking
        case awaitingHead
        case receivingBody
        case awaitingResponse
        /// Our side is ended; input is swallowed until the client ends its side.
        case lingering
        case closed
    }

    /// The loop and listener that the connection belongs to.
    package unowned let server: Server
    package let transport: Transport
    package let peerHost: String
    /// Known after the handshake.
    package internal(set) var peerIdentity = PeerIdentity.anonymous

    /// What is written and not yet on its way.
    var output = ByteBuffer()

    var phase = Phase.handshaking
    var exchange: (any Exchange)?
    var parser: RequestParser
    var head = RequestHead()
    var decoder = BodyDecoder()
    /// Input that was received but could not be used yet.
    var pending = ByteBuffer()
    let timer: LoopTimer
    /// The place in the server's list.
    var listIndex = -1

    // What is being answered.
    var isExchangeActive = false
    /// A request has been received on this connection.
    var hasServed = false
    var isRequestRead = false
    var isResponseStarted = false
    var isResponseEnded = false
    /// Whether the connection stays open after this response.
    var keepsAlive = false
    var framing = BodyFraming.none
    var isHeadRequest = false
    var isHTTP10 = false
    /// The client waits for a 100 before it sends its content, and has got none.
    var isContinueOwed = false
    var contentLeft: UInt64 = 0

    // Flow.
    var isReadingPaused = false
    var isInputEnded = false
    var isProcessing = false
    var isWriteBlocked = false
    /// The head's deadline runs, from its first byte: later bytes don't move it.
    var isHeadTimed = false
    /// The connection ends as soon as its output is written, unless another request has come by then.
    var isEnding = false
    var handshakeWantsWrite = false
    var wasCongested = false
    var lingeredBytes = 0

    init(transport: Transport, peerHost: String, server: Server) {
        self.transport = transport
        self.peerHost = peerHost
        self.server = server
        parser = RequestParser(limits: server.limits.http)
        timer = LoopTimer(on: server.loop)
        super.init()
        timer.action = { [unowned self] in timedOut() }
    }

    package var loop: EventLoop { server.loop }

    package var isDraining: Bool { server.isDraining }
    package var waitingOutput: Int { output.count }
    package var isCongested: Bool { output.count > server.limits.outputHigh }

    func start() {
        exchange = server.service.makeExchange(on: self)
        if transport.needsHandshake {
            timer.set(afterMilliseconds: server.limits.handshakeMilliseconds)
        } else {
            phase = .awaitingHead
            timer.set(afterMilliseconds: server.limits.idleMilliseconds)
        }
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            close()
            return
        }
        if phase == .handshaking {
            continueHandshake()
            return
        }
        if readiness.contains(.writable) {
            isWriteBlocked = false
            flush()
        }
        if readiness.contains(.readable) && phase != .closed { readInput() }
    }

    package override func endOfTurn() {
        guard phase != .closed else { return }
        flush()
    }

    private func continueHandshake() {
        switch transport.handshake() {
        case .complete:
            peerIdentity = transport.peerIdentity
            server.counters.handshakes.add(1)
            phase = .awaitingHead
            handshakeWantsWrite = false
            timer.set(afterMilliseconds: server.limits.idleMilliseconds)
            updateInterest()
            if transport.hasBufferedInput { readInput() }
        case .wants(let direction):
            handshakeWantsWrite = direction == .write
            updateInterest()
        case .failed(let error):
            server.handshakeFailed(error, from: peerHost)
            close()
        }
    }

    func timedOut() {
        switch phase {
        case .handshaking:
            server.handshakeFailed(.secure(.other, message: "no handshake in time"), from: peerHost)
            close()
        case .awaitingHead:
            if parser.hasStarted {
                reject(status: 408, message: "the request's head did not come in time")
            } else {
                close()
            }
        case .receivingBody:
            if isResponseStarted {
                cancelExchange()
                close()
            } else {
                reject(status: 408, message: "the request's content did not come in time")
            }
        case .awaitingResponse, .lingering:
            cancelExchange()
            close()
        case .closed: break
        }
    }

    /// Lets requests in progress finish, then closes; an idle connection closes at once, a new one after its first
    /// request.
    func drain() {
        switch phase {
        case .awaitingHead where !parser.hasStarted && hasServed:
            isEnding = true
            if output.isEmpty { endConnection() }
        case .handshaking, .awaitingHead:
            // Its first request is on the way: whoever got in is served, once.
            timer.set(afterMilliseconds: server.limits.headMilliseconds)
        default: keepsAlive = false
        }
    }

    // MARK: Ending

    func cancelExchange() {
        guard isExchangeActive else { return }
        isExchangeActive = false
        server.exchangeEnded()
        exchange?.cancelled()
    }

    /// Ends our side properly and waits for the client to do the same.
    func endConnection() {
        guard phase != .closed && phase != .lingering else { return }
        transport.closeWrite()
        if isInputEnded {
            close()
            return
        }
        phase = .lingering
        isReadingPaused = false
        pending.release()
        timer.set(afterMilliseconds: server.limits.lingerMilliseconds)
        updateInterest()
    }

    /// Lets go of everything at once.
    package func close() {
        guard phase != .closed else { return }
        cancelExchange()
        phase = .closed
        timer.remove()
        loop.unwatch(self)
        output.release()
        pending.release()
        let exchange = self.exchange
        self.exchange = nil
        exchange?.connectionClosed()
        server.remove(self)
    }

    func updateInterest() {
        guard phase != .closed else { return }
        var interest: Readiness = []
        if phase == .handshaking {
            interest = handshakeWantsWrite ? .writable : .readable
        } else {
            if !isReadingPaused && !isInputEnded { interest.insert(.readable) }
            if isWriteBlocked { interest.insert(.writable) }
        }
        loop.update(self, for: interest)
    }
}
