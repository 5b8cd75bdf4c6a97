/// A point on the shell's monotonic clock. The core never reads a clock: each event comes with its instant.
///
/// Arithmetic saturates, so an absurd interval in a configuration does not trap.
package struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since an origin that the shell chooses, usually the boot of the machine.
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// This instant plus `milliseconds`, which may be negative. The result stops at both ends of the clock.
    package func advanced(byMilliseconds milliseconds: Int64) -> Instant {
        let (magnitude, tooLarge) = milliseconds.magnitude.multipliedReportingOverflow(by: 1_000_000)
        let distance = tooLarge ? UInt64.max : magnitude
        if milliseconds >= 0 {
            let (sum, overflow) = nanoseconds.addingReportingOverflow(distance)
            return Instant(nanoseconds: overflow ? .max : sum)
        }
        return Instant(nanoseconds: distance > nanoseconds ? 0 : nanoseconds - distance)
    }

    /// Whole milliseconds from `earlier` to this instant, rounded towards zero; negative if `earlier` is later.
    package func milliseconds(since earlier: Instant) -> Int64 {
        if self >= earlier {
            return Int64((nanoseconds - earlier.nanoseconds) / 1_000_000)
        }
        return -Int64((earlier.nanoseconds - nanoseconds) / 1_000_000)
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
