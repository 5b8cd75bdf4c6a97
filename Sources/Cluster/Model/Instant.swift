/// A point on the shell's monotonic clock. The core never reads a clock: every event brings its own instant.
///
/// Arithmetic saturates, so an absurd interval from a configuration can't trap.
package struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since an origin that only the shell knows (the boot of the machine, as a rule).
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// This instant moved by `milliseconds`, which may be negative; stops at either end of the clock.
    package func advanced(byMilliseconds milliseconds: Int64) -> Instant {
        let (magnitude, tooLarge) = milliseconds.magnitude.multipliedReportingOverflow(by: 1_000_000)
        let distance = tooLarge ? UInt64.max : magnitude
        if milliseconds >= 0 {
            let (sum, overflow) = nanoseconds.addingReportingOverflow(distance)
            return Instant(nanoseconds: overflow ? .max : sum)
        }
        return Instant(nanoseconds: distance > nanoseconds ? 0 : nanoseconds - distance)
    }

    /// Whole milliseconds from `earlier` to this instant, rounded down; negative when `earlier` is later.
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
