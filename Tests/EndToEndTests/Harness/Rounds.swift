import Foundation

/// The number of rounds of tests that repeat a fault many times.
enum Rounds {
    /// True for `scripts/test --long`.
    private static let isLong = ProcessInfo.processInfo.environment["UNDERSTUDY_LONG"] != nil

    /// - Parameter long: the number of rounds of a long run. Other runs take a fifth of them.
    static func count(long: Int) -> Int { isLong ? long : max(long / 5, 1) }
}
