import Cluster
import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct DistantReignTests {
    /// A worker list of the lock domain `far`, with one worker for each pair of an address and a lock domain.
    private func list(_ workers: [(String, String)], of domain: String = "far") -> String {
        let records = workers.enumerated().map { index, worker in
            WorkerRecord(
                id: NodeID("w-\(index)")!, host: worker.0, port: 8001, incarnation: 1, mayStandIn: true,
                lockDomain: LockDomain(worker.1), state: .ready)
        }
        let snapshot = Snapshot(epoch: Epoch(7), version: 1, workers: records, lockDomain: LockDomain(domain))
        return String(decoding: JSON.encode(snapshot), as: UTF8.self)
    }

    @Test func `The list of another lock domain names the hosts of its workers`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        let workers = [
            ("10.0.0.1", "near"), ("127.0.0.1", "far"), ("10.0.0.2", "far"), ("10.0.0.2", "far"), ("10.0.0.3", "far"),
        ]
        try folder.write(list(workers), to: "snapshot-a.json")
        #expect(DistantReign(in: directory) == nil, "the own name is unknown")
        try folder.write("near 0b5d6b1f\n", to: "home")
        let reign = try #require(DistantReign(in: directory))
        #expect(reign.epoch == Epoch(7) && reign.hosts == ["10.0.0.2", "10.0.0.3"])
        let many = (1...9).map { ("10.0.0.\($0)", "far") }
        try folder.write(list(many), to: "snapshot-a.json")
        #expect(DistantReign(in: directory)?.hosts.count == 4)
    }

    @Test func `A list of the own lock domain, a damaged one and none say nothing`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        try folder.write("near 0b5d6b1f\n", to: "home")
        #expect(DistantReign(in: directory) == nil)
        try folder.write(list([("10.0.0.2", "near")], of: "near"), to: "snapshot-a.json")
        #expect(DistantReign(in: directory) == nil)
        try folder.write("{", to: "snapshot-a.json")
        #expect(DistantReign(in: directory) == nil)
    }

    /// Root reads the directories of other users, and follows no link there.
    @Test func `A directory that is only read is not created, and a link in it is not followed`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: (any Error).self) { try StateDirectory(reading: "\(folder.path)/none") }
        try folder.write("near 0b5d6b1f\n", to: "elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/home", withDestinationPath: "\(folder.path)/elsewhere")
        try folder.write(list([("10.0.0.2", "far")]), to: "snapshot-a.json")
        #expect(DistantReign(in: try StateDirectory(reading: folder.path)) == nil)
    }
}
