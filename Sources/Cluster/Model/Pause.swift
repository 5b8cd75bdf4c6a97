/// An operator's order to hold new requests in the queue, as the worker list carries it to a successor.
///
/// Inside a process the end is an `Instant`. A successor has another monotonic clock, perhaps on another host. So the list has
/// the end by the wall clock, and the whole time of the order, which bounds the rest whatever the clocks say.
package struct Pause: Codable, Sendable, Equatable {
    /// The end of the pause, by the wall clock in milliseconds since 1970. Nil if only an operator ends the pause.
    package private(set) var endsUnixMilliseconds: Int64?
    /// The time for which the operator has given the order. Nil as above.
    package private(set) var milliseconds: Int64?

    package static let longestMilliseconds: Int64 = 86_400_000

    private enum CodingKeys: String, CodingKey {
        case endsUnixMilliseconds = "ends_unix_ms"
        case milliseconds = "for_ms"
    }

    /// - Parameter milliseconds: nil until an operator ends the pause.
    package init(forMilliseconds milliseconds: Int64?, unixMilliseconds now: Int64) {
        let bounded = milliseconds.map { min(max($0, 0), Pause.longestMilliseconds) }
        self.milliseconds = bounded
        endsUnixMilliseconds = bounded.map { now.addingReportingOverflow($0).partialValue }
    }

    /// The rest of the time, 0 if it is over. Nil if only an operator ends the pause.
    package func remainingMilliseconds(unixMilliseconds now: Int64) -> Int64? {
        guard let endsUnixMilliseconds, let milliseconds else { return nil }
        let (rest, overflow) = endsUnixMilliseconds.subtractingReportingOverflow(now)
        return overflow ? 0 : min(max(rest, 0), milliseconds, Pause.longestMilliseconds)
    }
}
