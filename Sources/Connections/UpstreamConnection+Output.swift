internal import HTTP
internal import Sockets

/// From the present request to the transport.
extension UpstreamConnection {
    func flush() {
        guard !output.isBroken else { return }
        if pump.isWaiting(output.buffer) && !pump.isWriteBlocked {
            let sending = pump.send(&output.buffer, now: loop.now)
            if sending.moved > 0 { output.isOnTheWay = true }
            if case .failed = sending.outcome { return outputBroke() }
            updateTimer(hasMoved: sending.moved > 0)
        } else if exchange.isActive {
            updateTimer(hasMoved: false)
        }
        pump.finishSending(output.buffer)
        if !pump.isWaiting(output.buffer) {
            output.buffer.clear()
            switch exchange.outputSent() {
            case .nothing: break
            case .endDirection: pump.closeWrite()
            case .finish: return finish(hasMore: true)
            }
        }
        updateInterest()
        chargeBuffers()
        if !checkCongestion() && output.wasCongested && output.buffer.count <= outputLow {
            output.wasCongested = false
            client?.upstreamDrained()
        }
    }

    /// The peer may have responded before it closed. What it sent is read at the end of the turn. Not at once: the caller
    /// may be using the loop's one input buffer at this moment.
    func outputBroke() {
        output.buffer.release()
        output.isBroken = true
        loop.callAtEndOfTurn(self)
    }

    /// The most pieces of input in one turn after writing broke.
    private static let lastPieces = 16

    /// Takes what the peer sent before it closed, as fast as the client takes it. Nothing more can come.
    func readLastInput() {
        if !pending.isEmpty { processPending() }
        for _ in 0..<UpstreamConnection.lastPieces where takesInput {
            switch pump.transport.receive(using: inputSpace) {
            case .bytes(let bytes): received(bytes)
            case .wouldBlock: return close()
            case .endOfStream: return inputEnded()
            case .failed(let error): return inputFailed(error)
            }
        }
        guard isOpen else { return }
        if exchange.isInputEnded { return close() }
        if !isReadingPaused { loop.callNextTurn(self) }
    }
}
