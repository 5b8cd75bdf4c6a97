extension ClusterSettings {
    /// One day. No interval of the cluster protocol is useful beyond it.
    private static let longestMilliseconds: Int64 = 86_400_000

    /// A copy of these settings with every value clamped to its valid range.
    ///
    /// Settings come from files and from peers. A zero interval would make a timer spin, and a huge interval would
    /// never fire.
    package func bounded() -> ClusterSettings {
        var result = self
        let intervals: [WritableKeyPath<ClusterSettings, Int64>] = [
            \.probeIntervalMilliseconds, \.probeTimeoutMilliseconds, \.flapWindowMilliseconds, \.ejectionMilliseconds,
            \.ejectionMaximumMilliseconds, \.togetherMilliseconds, \.leaseMilliseconds, \.dropMilliseconds,
            \.connectBackTimeoutMilliseconds, \.watchFastMilliseconds, \.watchSlowMilliseconds, \.lagMilliseconds,
            \.rankDelayMilliseconds, \.prevoteTimeoutMilliseconds, \.takeoverTimeoutMilliseconds,
            \.takeoverRetryMinimumMilliseconds, \.takeoverRetryMaximumMilliseconds, \.orphanMilliseconds,
            \.registerRetryMinimumMilliseconds, \.registerRetryMaximumMilliseconds, \.refusedRetryMilliseconds,
            \.registerTimeoutMilliseconds, \.distantGraceMilliseconds, \.distantTurnMilliseconds,
            \.discoveryMilliseconds, \.lostDiscoveryMilliseconds, \.quorumTimeoutMilliseconds, \.promiseMilliseconds,
            \.fenceCheckMilliseconds,
        ]
        for path in intervals {
            result[keyPath: path] = min(max(result[keyPath: path], 10), Self.longestMilliseconds)
        }
        result.slowStartMilliseconds = min(max(result.slowStartMilliseconds, 0), Self.longestMilliseconds)
        result.jitterPercent = min(max(result.jitterPercent, 0), 50)
        let thresholds: [(WritableKeyPath<ClusterSettings, Int>, ClosedRange<Int>)] = [
            (\.fall, 1...100), (\.rise, 1...100), (\.flapMaximumDoublings, 0...6), (\.requestFailuresToEject, 1...1000),
            (\.maximumTickets, 1...10_000), (\.maximumWorkers, 1...100_000),
            (\.maximumCapacity, 1...WorkerOffer.maximumCapacity), (\.watchFastRanks, 1...16),
            (\.watchMisses, 1...100),
        ]
        for (path, range) in thresholds {
            result[keyPath: path] = min(max(result[keyPath: path], range.lowerBound), range.upperBound)
        }
        return result
    }
}
