/// A small and fast generator of pseudo-random numbers (SplitMix64), for jitter and ties, never for secrets.
///
/// The caller gives the seed, so that a run can be repeated.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, or 0 if `bound` is 0. The calculation is one multiplication, with a bias below 2^-32 for
    /// 32-bit bounds.
    package mutating func below(_ bound: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: ((next() >> 32) &* UInt64(bound)) >> 32)
    }

    /// `milliseconds`, varied at random by up to `percent` both ways. A `percent` above 100 counts as 100.
    package mutating func jittered(_ milliseconds: Int64, percent: Int64) -> Int64 {
        let base = min(max(milliseconds, 0), Int64(UInt32.max) / 2)
        let spread = base * min(max(percent, 0), 100) / 100
        return base - spread + Int64(below(UInt32(2 * spread + 1)))
    }
}
