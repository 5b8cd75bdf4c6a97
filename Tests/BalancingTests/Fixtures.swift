import Cluster

/// An instant some milliseconds after a fixed beginning.
func at(_ milliseconds: Int64) -> Instant {
    Instant(nanoseconds: 1_000_000_000).advanced(byMilliseconds: milliseconds)
}
