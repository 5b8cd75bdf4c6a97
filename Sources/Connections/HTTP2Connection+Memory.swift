internal import HTTP
internal import HTTP2
internal import Sockets

/// Bounds the memory that the connection holds; see `MemoryAccount`.
extension HTTP2Connection {
    /// True if one more request may begin. While memory is scarce, neither a connection that holds much memory nor one
    /// whose source holds much begins any.
    var takesRequests: Bool {
        guard ownLedger?.takesRequests != false else { return false }
        guard let memory = server.memory, memory.isTight else { return true }
        return mayBeginRequest(from: memory)
    }

    /// The most frames that wait for a client, besides content.
    private static let waitingFrames = 1_024
    /// The memory of a waiting frame. Bytes.
    private static let frameCost = 160

    /// The connection reads no more, because each frame of the client may provoke another one that has to wait.
    var waitsForReader: Bool { isGlutted && phase == .open }

    /// Charges the changes of the output's buffer, and of the frames that wait behind it.
    func chargeBuffers() {
        let frames = pump.isWriteBlocked ? session?.waitingFrames ?? 0 : 0
        charge.update(
            to: MemoryLedger.charge(session?.output.capacity ?? 0) + pump.unsentCharge
                + MemoryLedger.charge(frames * HTTP2Connection.frameCost),
            in: ledger)
        let wasGlutted = isGlutted
        isGlutted = frames > HTTP2Connection.waitingFrames
        // The socket's readiness does not report bytes that TLS has read ahead.
        if wasGlutted && !isGlutted && transport.hasBufferedInput { loop.callNextTurn(self) }
    }
}
