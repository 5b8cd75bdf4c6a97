/// The counts of a reign about the health of its workers, for metrics.
package struct HealthCounts: Sendable, Equatable {
    /// The evidence that took a worker out of the rotation: a label of the metric of ejections.
    package enum Ejection: String, Sendable, CaseIterable {
        /// Several probes in a row failed, or had no result.
        case probes
        /// The worker's address refuses connections.
        case refused
        /// Another node answers at the worker's address.
        case otherNode = "other_node"
        /// Several requests in a row failed, and the last one got no connection.
        case connections
        /// Several requests in a row failed, and the last one got an error or no response.
        case responses
    }

    /// The result of a probe: a label of the metric of probes.
    package enum Probe: String, Sendable, CaseIterable {
        case passed
        case failed
        case refused
        case otherNode = "other_node"
        /// The probe has had no result in time.
        case lost
    }

    private var ejections = [UInt64](repeating: 0, count: Ejection.allCases.count)
    private var probes = [UInt64](repeating: 0, count: Probe.allCases.count)
    /// Ejections that panic mode has prevented.
    package private(set) var spared: UInt64 = 0

    package init() {}

    package func count(_ ejection: Ejection) -> UInt64 {
        Ejection.allCases.firstIndex(of: ejection).map { ejections[$0] } ?? 0
    }

    package func count(_ probe: Probe) -> UInt64 {
        Probe.allCases.firstIndex(of: probe).map { probes[$0] } ?? 0
    }

    mutating func add(_ ejection: Ejection) {
        if let index = Ejection.allCases.firstIndex(of: ejection) { ejections[index] &+= 1 }
    }

    mutating func add(_ probe: Probe) {
        if let index = Probe.allCases.firstIndex(of: probe) { probes[index] &+= 1 }
    }

    mutating func addSpared() { spared &+= 1 }
}

extension HealthCounts.Probe {
    init(_ outcome: ProbeOutcome) {
        self =
            switch outcome {
            case .passed: .passed
            case .failed: .failed
            case .refusedConnection: .refused
            case .otherNode: .otherNode
            }
    }
}
