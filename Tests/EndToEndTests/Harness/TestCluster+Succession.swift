import Foundation

/// Who will bring the balancer back, and whether everybody knows.
extension TestCluster {
    /// A worker's copy of the registry.
    private struct Copy: Decodable {
        struct Worker: Decodable {
            let id: String
            let state: String
        }

        let epoch: Int
        let workers: [Worker]
    }

    /// Waits until every worker's copy of the registry is of the present balancer and has all workers ready, and the
    /// first in the succession has a balancer parked: from then on the order of the succession is certain.
    func waitUntilSettled(file: StaticString = #fileID, line: UInt = #line) throws {
        try waitUntil("everybody knows everybody", file: file, line: line) {
            guard let status = try? status(), status.readyCount == status.workers.count else { return false }
            let first = workers.min { $0.port < $1.port }
            guard let parked = first?.parkedStandby, parked != status.pid else { return false }
            return workers.allSatisfy { worker in
                guard let copy = copy(of: worker.id), copy.epoch == status.epoch else { return false }
                let ready = copy.workers.filter { $0.state == "ready" }
                return Set(ready.map(\.id)) == Set(status.workers.map(\.id))
            }
        }
    }

    /// Whether a worker's copy of the registry has this many ready workers.
    func knows(_ id: String, of count: Int) -> Bool {
        copy(of: id)?.workers.count { $0.state == "ready" } == count
    }

    private func copy(of id: String) -> Copy? {
        try? JSONDecoder().decode(Copy.self, from: Files.bytes("\(stateDirectory)/snapshot-\(id).json"))
    }
}

extension TestWorker {
    /// The process that waits to take over; nil when there is none.
    var parkedStandby: pid_t? {
        let line = log.split(separator: "\n").last { $0.contains("standby parked") }
        guard let process = line?.split(separator: "=").last.flatMap({ pid_t($0) }) else { return nil }
        return ProcessTable.arguments(of: process).isEmpty ? nil : process
    }
}
