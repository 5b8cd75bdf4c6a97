package import Connections
private import Synchronization

/// Limits the request rate of each source: a bucket of `burst` tokens that fills at `rate` a second.
///
/// A bucket is stored as the time at which it will be full again (GCRA, as in ATM's traffic management). A full bucket
/// is equal to none, so idle sources can be dropped at any time. All loops share the table. It is divided into stripes,
/// each with its own lock and bound. A full stripe drops idle sources. If all its sources are busy, it drops any one,
/// whose bucket is then full again.
package final class RateLimiter: Sendable {
    /// The requests per second of a source, and the most requests at once.
    package struct Rate: Sendable, Equatable {
        package let perSecond: Int
        package let burst: Int

        package static let maximum = 1_000_000

        /// - Parameter text: `RATE` or `RATE:BURST`, each 1 to `maximum`. Without a burst, it is the requests of one
        ///   second.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { part in
                part.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? Int(part) : nil
            }
            guard (1...2).contains(parts.count), numbers.count == parts.count,
                numbers.allSatisfy({ (1...Rate.maximum).contains($0) })
            else { return nil }
            perSecond = numbers[0]
            burst = numbers.last ?? perSecond
        }

        package var text: String { "\(perSecond):\(burst)" }
    }

    private static let stripeCount = 64

    private final class Stripe: Sendable {
        /// The time at which each bucket is full again.
        let full = Mutex<[SourceKey: UInt64]>([:])
    }

    private let interval: UInt64
    private let tolerance: UInt64
    private let sourcesPerStripe: Int
    private let stripes = (0..<RateLimiter.stripeCount).map { _ in Stripe() }

    /// - Parameter maximumSources: the most stored sources.
    package init(_ rate: Rate, maximumSources: Int = 65_536) {
        interval = 1_000_000_000 / UInt64(rate.perSecond)
        tolerance = interval * UInt64(rate.burst - 1)
        sourcesPerStripe = max(1, maximumSources / RateLimiter.stripeCount)
    }

    /// Takes a token for a request.
    ///
    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: nil if there was a token, otherwise the seconds until there is one.
    package func take(_ source: SourceKey, now: UInt64) -> Int? {
        stripes[source.stripe(of: Self.stripeCount)].full.withLock { full in
            let known = full[source]
            let refilled = max(known ?? now, now)
            if refilled - now > tolerance {
                return Int((refilled - now - tolerance + 999_999_999) / 1_000_000_000)
            }
            if known == nil, full.count >= sourcesPerStripe { makeRoom(&full, now: now) }
            full[source] = refilled + interval
            return nil
        }
    }

    /// The number of stored sources.
    package var sourceCount: Int { stripes.reduce(0) { sum, stripe in sum + stripe.full.withLock { $0.count } } }

    private func makeRoom(_ full: inout [SourceKey: UInt64], now: UInt64) {
        full = full.filter { $0.value > now }
        if full.count >= sourcesPerStripe, let first = full.first { full[first.key] = nil }
    }
}
