/// Counts what one connection to an application holds for its requests, and charges it to the account of the process.
///
/// - The more is used, the less content of a request a stream takes ahead of the application (`bound`).
/// - From seven eighths of the process's budget no further request is taken.
/// - When a budget is exhausted (`isFull`), the responses end whose clients have taken nothing for the longest time. A client
///   that keeps up stores little and pauses only for moments, so its response is the last one to end.
struct UpstreamMemory {
    /// The part of the process's budget that one connection may use.
    static let share = 8

    private let account: MemoryAccount?
    private var held = 0
    private var charged = 0

    /// - Parameter account: nil to count nothing.
    init(_ account: MemoryAccount?) { self.account = account }

    /// A stream holds more or, with a negative number, less.
    mutating func change(by amount: Int) {
        held += amount
        let difference = held - charged
        guard difference >= MemoryLedger.step || difference <= -MemoryLedger.step || held == 0 else { return }
        account?.charge(difference)
        charged = held
    }

    /// The connection's streams may store no more.
    var isFull: Bool {
        guard let account else { return false }
        return account.isFull || held >= account.limit / UpstreamMemory.share
    }

    /// The most bytes of a request that a stream takes ahead.
    ///
    /// - Parameter limit: the bound without pressure.
    func bound(_ limit: Int) -> Int {
        guard let account else { return limit }
        let pressure = max(
            account.pressure, MemoryAccount.Pressure(held: held, of: account.limit / UpstreamMemory.share))
        return MemoryLedger.bound(limit, under: pressure)
    }
}
