import Cluster
import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct LockFileFenceTests {
    @Test func `At most one process holds the lock, and every grant is above all earlier ones`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        var first = LockFileFence(directory: directory)
        var second = LockFileFence(directory: directory)
        #expect(first.acquire(after: .none) == .granted(Epoch(1)))
        #expect(second.acquire(after: .none) == .heldByOther("process \(getpid())"))
        first.release()
        #expect(second.acquirePatiently(after: Epoch(1)) == .granted(Epoch(2)))
        #expect(first.acquire(after: Epoch(100)) == .heldByOther("process \(getpid())"))
        second.release()
        #expect(first.acquirePatiently(after: .none) == .granted(Epoch(3)))
    }

    @Test func `A lock excludes others as long as no other file has its name`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        var coordinator = LockFileFence(directory: directory)
        _ = coordinator.acquire(after: .none)
        #expect(coordinator.standing() == .held)
        try FileManager.default.removeItem(atPath: directory.lock)
        #expect(coordinator.standing() == .held, "nobody else has one")
        var other = LockFileFence(directory: directory)
        #expect(other.acquire(after: .none) == .granted(Epoch(2)))
        #expect(other.standing() == .held)
        #expect(coordinator.standing() == .lost("\(directory.lock) is another file than the one that was locked"))
        other.release()
        #expect(other.standing() == .lost("it was given back"))
    }

    @Test func `Without disk space nothing is granted, and the lock is free again`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        // No user, not even root, can write to a directory.
        try folder.makeFolder("epoch")
        var coordinator = LockFileFence(directory: directory)
        guard case .failed = coordinator.acquire(after: .none) else {
            Issue.record("an epoch was granted that could not be written")
            return
        }
        try FileManager.default.removeItem(atPath: "\(directory.path)/\(StateDirectory.Name.epoch)")
        var other = LockFileFence(directory: directory)
        #expect(other.acquire(after: .none) == .granted(Epoch(1)))
    }
}
