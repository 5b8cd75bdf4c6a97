/// How long a client may take to move what is on its way: silence is bounded, and so is a trickle.
///
/// There is a stock of time, the patience. Every byte that moves adds to it, at a rate, and never beyond the whole
/// patience. So who is silent for that long is late, and so is, in the end, who moves fewer bytes than the rate: a client
/// that keeps a connection and a worker busy with a byte a minute is found out, a merely slow one is not.
struct ProgressDeadline {
    private let patienceNanoseconds: UInt64
    private let nanosecondsPerByte: UInt64
    /// When the client is late, on the loop's clock.
    private(set) var instant: UInt64 = 0

    /// - Parameter bytesPerSecond: 0 bounds silence only: every byte gives the whole patience.
    init(patienceMilliseconds: Int, bytesPerSecond: Int) {
        patienceNanoseconds = UInt64(clamping: patienceMilliseconds) &* 1_000_000
        nanosecondsPerByte = bytesPerSecond > 0 ? 1_000_000_000 / UInt64(bytesPerSecond) : patienceNanoseconds
    }

    /// Gives the whole patience.
    mutating func restart(now: UInt64) {
        instant = now &+ patienceNanoseconds
    }

    /// Takes in that `count` bytes have moved.
    mutating func moved(_ count: Int, now: UInt64) {
        let (earned, isTooLarge) = UInt64(clamping: count).multipliedReportingOverflow(by: nanosecondsPerByte)
        let (later, overflow) = instant.addingReportingOverflow(isTooLarge ? .max : earned)
        instant = min(now &+ patienceNanoseconds, overflow ? .max : later)
    }
}
