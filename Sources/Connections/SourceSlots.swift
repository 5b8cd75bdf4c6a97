private import Synchronization

/// Limits the connections of each source, over all loops. The table has stripes, so that loops seldom wait for each
/// other. A source without connections is not listed.
package final class SourceSlots: Sendable {
    private static let stripeCount = 64

    private final class Stripe: Sendable {
        let counts = Mutex<[SourceKey: Int]>([:])
    }

    private let limit: Int
    private let stripes = (0..<SourceSlots.stripeCount).map { _ in Stripe() }

    /// - Parameter limit: the most connections of one source.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Counts one more connection if the source may have it. Returns false otherwise.
    package func reserve(_ source: SourceKey) -> Bool {
        stripe(of: source).counts.withLock { counts in
            guard counts[source, default: 0] < limit else { return false }
            counts[source, default: 0] += 1
            return true
        }
    }

    /// Returns a reserved connection.
    package func release(_ source: SourceKey) {
        stripe(of: source).counts.withLock { counts in
            guard let count = counts[source] else { return }
            counts[source] = count > 1 ? count - 1 : nil
        }
    }

    private func stripe(of source: SourceKey) -> Stripe { stripes[source.stripe(of: Self.stripeCount)] }
}
