internal import HTTP
internal import Sockets

/// Bounds the memory that the connection holds; see `MemoryAccount`.
extension DownstreamConnection {
    /// Charges the changes of the buffers.
    func chargeBuffers() {
        // Only a stream of a shared connection stores what its reader leaves.
        let unread = listing.holdsSlot ? 0 : transport.unread
        charge.update(
            to: MemoryLedger.charge(output.capacity) + MemoryLedger.charge(pending.capacity) + pump.unsentCharge
                + unread,
            in: ledger)
    }
}
