private import Glibc

/// The clocks of a process: for deadlines, for leases, and for times that people read.
package enum Clock {
    /// CLOCK_MONOTONIC in nanoseconds. It never goes back and ignores changes of the wall clock.
    package static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// CLOCK_BOOTTIME in nanoseconds. It also counts while the host is suspended, and all processes of a boot share it.
    package static func bootNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// CLOCK_REALTIME in nanoseconds since 1970. Use it for logs, dates and incarnations only, never for deadlines.
    package static func unixNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
