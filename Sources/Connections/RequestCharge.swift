/// The buffers of one request, as the ledger of its client knows them.
struct RequestCharge {
    /// Nil until the buffers exceed the size that is free of charge, and if the server counts no memory.
    private var ledger: MemoryLedger?
    private var charge = BufferCharge()

    /// The bytes in the buffers at the last report.
    var bytes: Int { charge.bytes }

    /// Reports what the buffers hold now; see `MemoryLedger.charge`.
    mutating func update(to now: Int, for client: (any UpstreamClient)?) {
        guard let client else { return }
        if ledger == nil && now > 0 { ledger = client.ledger }
        charge.update(to: now, in: ledger)
    }

    /// The request has ended: the ledger knows nothing of the buffers any more.
    mutating func end() {
        charge.update(to: 0, in: ledger)
        ledger = nil
    }

    /// The bound for a buffer, which shrinks where memory is scarce.
    func bound(_ limit: Int) -> Int { ledger?.bound(limit) ?? limit }
}
