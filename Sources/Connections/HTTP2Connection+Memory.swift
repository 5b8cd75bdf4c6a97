internal import HTTP
internal import HTTP2
internal import Sockets

/// Bounds the memory that the connection holds; see `MemoryAccount`.
extension HTTP2Connection {
    /// True if one more request may begin. While memory is scarce, a connection that holds much memory begins none.
    var takesRequests: Bool { ownLedger?.takesRequests != false && server.memory?.isFull != true }

    /// Charges the changes of the output's buffer.
    func chargeBuffers() {
        charge.update(to: MemoryLedger.charge(session?.output.capacity ?? 0) + pump.unsentCharge, in: ledger)
    }
}
