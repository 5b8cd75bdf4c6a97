/// The time that a client has to move bytes. It bounds silence and a minimum data rate.
///
/// The client has a stock of time, the patience. Time uses it up. Each byte that moves adds to it, up to the full
/// patience. So a client that is silent for the full patience is late. A client that stays below the rate is late in
/// the end. A client that sends a byte a minute can't keep a connection and a worker busy. A merely slow client is not
/// late.
struct MinimumRateDeadline {
    private let patienceNanoseconds: UInt64
    private let nanosecondsPerByte: UInt64
    /// The instant from which the client is late, on the loop's clock.
    private(set) var instant: UInt64 = 0

    /// - Parameter bytesPerSecond: 0 bounds only silence: every byte restores the full patience.
    init(patienceMilliseconds: Int, bytesPerSecond: Int) {
        patienceNanoseconds = UInt64(clamping: patienceMilliseconds) &* 1_000_000
        nanosecondsPerByte = bytesPerSecond > 0 ? 1_000_000_000 / UInt64(bytesPerSecond) : patienceNanoseconds
    }

    /// Never late.
    static let unbounded = MinimumRateDeadline(patienceMilliseconds: .max / 1_000_000, bytesPerSecond: 0)

    /// Restores the full patience.
    mutating func restart(now: UInt64) {
        let (later, overflow) = now.addingReportingOverflow(patienceNanoseconds)
        instant = overflow ? .max : later
    }

    /// Records that `count` bytes have moved.
    mutating func moved(_ count: Int, now: UInt64) {
        let (earned, isTooLarge) = UInt64(clamping: count).multipliedReportingOverflow(by: nanosecondsPerByte)
        let (later, overflow) = instant.addingReportingOverflow(isTooLarge ? .max : earned)
        instant = min(now &+ patienceNanoseconds, overflow ? .max : later)
    }
}
