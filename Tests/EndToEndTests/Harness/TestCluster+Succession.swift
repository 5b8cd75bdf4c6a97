import Foundation

/// The state of the succession.
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

    /// Waits until the succession is certain: every worker's copy of the registry comes from the present balancer and
    /// has all workers ready, and the first worker in the succession has a parked standby.
    func waitUntilSettled(file: StaticString = #fileID, line: UInt = #line) throws {
        try waitUntil("all nodes know each other", file: file, line: line) {
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

    /// Copies the present state directory, as for a backup, and returns the copy's path.
    func copyState(to name: String) throws -> String {
        let copy = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
            atPath: copy, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        for name in try FileManager.default.contentsOfDirectory(atPath: stateDirectory) where !name.hasSuffix(".sock") {
            try FileManager.default.copyItem(atPath: "\(stateDirectory)/\(name)", toPath: "\(copy)/\(name)")
        }
        return copy
    }

    /// Returns whether a worker's copy of the registry has this many ready workers.
    func knows(_ id: String, of count: Int) -> Bool {
        copy(of: id)?.workers.count { $0.state == "ready" } == count
    }

    private func copy(of id: String) -> Copy? {
        try? JSONDecoder().decode(Copy.self, from: Files.bytes("\(stateDirectory)/snapshot-\(id).json"))
    }
}

extension TestWorker {
    /// The parked standby process; nil if there is none.
    var parkedStandby: pid_t? {
        let line = log.split(separator: "\n").last { $0.contains("standby parked") }
        guard let process = line?.split(separator: "=").last.flatMap({ pid_t($0) }) else { return nil }
        return ProcessTable.arguments(of: process).isEmpty ? nil : process
    }
}
