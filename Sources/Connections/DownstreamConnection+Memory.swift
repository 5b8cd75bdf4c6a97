internal import HTTP
internal import Sockets

/// Bounds the memory that the connection holds; see `MemoryAccount`.
extension DownstreamConnection {
    /// Charges the changes of the buffers.
    func chargeBuffers() {
        charge.update(
            to: MemoryLedger.charge(output.capacity) + MemoryLedger.charge(pending.capacity) + pump.unsentCharge,
            in: ledger)
    }
}
