internal import HTTP
internal import Sockets

/// Bounds the memory that the connection holds; see `MemoryAccount`.
extension DownstreamConnection {
    /// Sheds the connection if no memory is left and the connection holds a large part of it.
    ///
    /// - Returns: true if it has shed the connection.
    func shedIfFull() -> Bool {
        guard let ownLedger, ownLedger.held >= MemoryLedger.smallHolder, ownLedger.isFull, phase == .open else {
            return false
        }
        shed()
        return true
    }

    /// Charges the changes of the buffers.
    func chargeBuffers() {
        charge.update(
            to: MemoryLedger.charge(output.capacity) + MemoryLedger.charge(pending.capacity) + pump.unsentCharge,
            in: ledger)
    }
}
