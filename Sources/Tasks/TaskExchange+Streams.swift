internal import Connections
internal import HTTP
internal import Sockets

/// Serves `GET /bytes/N` and `POST /echo`. The content has any length. Memory holds only the part that the client has
/// not read yet.
extension TaskExchange {
    /// The size of a piece in bytes if output waits already. The output exceeds its bound by less than this.
    private static let smallPiece = 16 << 10
    /// The size of a piece in bytes if the client accepts none now. When the piece leaves, there is room again. A
    /// multiple of the pattern's length.
    private static let leastPiece = 1 << 10

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

    /// Writes until the output is full, or until other connections need the loop.
    func send() {
        guard case .sending(var left) = stage else { return }
        var allowance = TaskLimits.patternBytesPerTurn
        while left > 0, !downstream.checkCongestion() {
            guard allowance > 0 else {
                stage = .sending(left: left)
                // Later than the time of this turn, so that the timer does not fire in this turn.
                timer.set(at: service.loop.now &+ 1)
                return
            }
            // All pieces except the last are multiples of the pattern's length.
            let piece = downstream.waitingOutput == 0 ? PatternBlock.size : TaskExchange.smallPiece
            let taken = max(TaskExchange.leastPiece, min(piece, downstream.room) & ~(TaskExchange.leastPiece - 1))
            let count = min(left, taken)
            allowance -= count
            left -= count
            PatternBlock.shared.withBytes(count) { downstream.writeBody($0) }
        }
        stage = .sending(left: left)
        guard left == 0 else { return }
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
        if downstream.checkCongestion() { downstream.pauseReading() }
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
