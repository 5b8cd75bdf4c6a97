private import Synchronization

/// How many connections each source has, over all loops; in stripes, so that loops seldom meet. Bounded by the number of
/// connections, since a source without any is not listed.
package final class SourceSlots: Sendable {
    private static let stripeCount = 64

    private final class Stripe: Sendable {
        let counts = Mutex<[SourceKey: Int]>([:])
    }

    private let limit: Int
    private let stripes = (0..<SourceSlots.stripeCount).map { _ in Stripe() }

    /// - Parameter limit: connections that one source may have.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether the source may have one more; counts it if so.
    package func reserve(_ source: SourceKey) -> Bool {
        stripe(of: source).counts.withLock { counts in
            guard counts[source, default: 0] < limit else { return false }
            counts[source, default: 0] += 1
            return true
        }
    }

    /// Gives a reserved place back.
    package func release(_ source: SourceKey) {
        stripe(of: source).counts.withLock { counts in
            guard let count = counts[source] else { return }
            counts[source] = count > 1 ? count - 1 : nil
        }
    }

    private func stripe(of source: SourceKey) -> Stripe { stripes[source.stripe(of: Self.stripeCount)] }
}
