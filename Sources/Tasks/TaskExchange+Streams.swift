internal import Connections
internal import HTTP
internal import Sockets

/// `GET /bytes/N` and `POST /echo`: content of any length, of which only what the client has not taken yet is in
/// memory.
extension TaskExchange {
    /// What is appended to output that waits already, in bytes: the output passes its bound by less than this.
    private static let smallPiece = 16 << 10

    // MARK: Bytes

    func beginSending(_ count: Int, isHead: Bool) {
        stage = isHead ? .idle : .sending(left: count)
        downstream.beginResponse(status: 200)
        downstream.appendDate()
        downstream.appendField("content-type", TaskExchange.binaryType)
        downstream.endResponseHead(.length(UInt64(count)))
        if isHead {
            downstream.endResponse()
        } else {
            send()
        }
    }

    /// Writes until the client has enough to take, or others must have their turn.
    func send() {
        var allowance = TaskLimits.patternBytesPerTurn
        // Each round looks at the stage anew: writing may have cancelled the request.
        while case .sending(let left) = stage, left > 0, !downstream.isCongested {
            guard allowance > 0 else {
                // Later than this turn's time, so that it does not fire in this turn.
                timer.set(at: service.loop.now &+ 1)
                return
            }
            // All pieces but the last are multiples of the pattern's length.
            let count = min(left, downstream.waitingOutput == 0 ? PatternBlock.size : TaskExchange.smallPiece)
            allowance -= count
            stage = .sending(left: left - count)
            PatternBlock.shared.withBytes(count) { downstream.writeBody($0) }
        }
        guard case .sending(left: 0) = stage else { return }
        finish()
        downstream.endResponse()
    }

    // MARK: Echo

    func beginEcho(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        stage = .echoing(EchoHead(head, bytes))
        if head.expectsContinue { downstream.writeContinue() }
    }

    func echo(_ bytes: UnsafeBufferPointer<UInt8>) {
        respondWithEchoHead()
        downstream.writeBody(bytes)
        guard case .echoing = stage else { return }
        if downstream.isCongested { downstream.pauseReading() }
    }

    func endEcho() {
        respondWithEchoHead()
        finish()
        downstream.endResponse()
    }

    private func respondWithEchoHead() {
        guard case .echoing(let head?) = stage else { return }
        stage = .echoing(nil)
        downstream.beginResponse(status: 200)
        downstream.appendDate()
        if let contentType = head.contentType {
            contentType.withUnsafeBufferPointer { downstream.appendField(name: "content-type", value: $0) }
        } else {
            downstream.appendField("content-type", TaskExchange.binaryType)
        }
        downstream.endResponseHead(head.framing)
    }
}
