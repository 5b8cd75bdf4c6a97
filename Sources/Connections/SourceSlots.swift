private import Synchronization

/// Counts the connections of each source, over all loops, and limits them. The table has stripes, so that loops seldom wait
/// for each other. A source without connections is not listed.
package final class SourceSlots: Sendable {
    /// The number of connections of one source. Its connections share it.
    package final class Count: Sendable {
        fileprivate let source: SourceKey
        private let value = Atomic<Int>(0)

        fileprivate init(_ source: SourceKey) { self.source = source }

        var current: Int { value.load(ordering: .relaxed) }

        /// - Returns: the new number. Called with the stripe's lock.
        fileprivate func add(_ amount: Int) -> Int { value.wrappingAdd(amount, ordering: .relaxed).newValue }
    }

    private static let stripeCount = 64

    private final class Stripe: Sendable {
        let counts = Mutex<[SourceKey: Count]>([:])
    }

    private let limit: Int
    private let stripes = (0..<SourceSlots.stripeCount).map { _ in Stripe() }

    /// - Parameter limit: the most connections of one source.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Counts one more connection of the source; nil if it may have no more.
    package func reserve(_ source: SourceKey) -> Count? {
        stripe(of: source).counts.withLock { counts in
            let count = counts[source] ?? Count(source)
            guard count.current < limit else { return nil }
            counts[source] = count
            _ = count.add(1)
            return count
        }
    }

    /// Returns a reserved connection.
    package func release(_ count: Count) {
        stripe(of: count.source).counts.withLock { counts in
            if count.add(-1) == 0 { counts[count.source] = nil }
        }
    }

    /// The connections of the source.
    package func count(of source: SourceKey) -> Int {
        stripe(of: source).counts.withLock { $0[source]?.current ?? 0 }
    }

    private func stripe(of source: SourceKey) -> Stripe { stripes[source.stripe(of: Self.stripeCount)] }
}
