/// The bytes of some buffers that a ledger knows of.
struct BufferCharge {
    private(set) var bytes = 0

    /// Reports the change since the last call.
    ///
    /// - Parameters:
    ///   - now: what the buffers hold now, as far as it is charged; see `MemoryLedger.charge`.
    ///   - ledger: only evaluated when there is a change, since it is made when it is first needed.
    mutating func update(to now: Int, in ledger: @autoclosure () -> MemoryLedger?) {
        guard now != bytes else { return }
        ledger()?.change(by: now - bytes)
        bytes = now
    }
}
