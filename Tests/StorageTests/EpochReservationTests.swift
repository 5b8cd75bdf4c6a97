import Cluster
import Sockets
import TestSupport
import Testing

@testable import Storage

/// The fence's files in a real folder.
@Suite struct EpochReservationTests {
    private static let otherBoot = "00000000-3c51-4bb2-8d8e-0f6c9b0c1a11"

    private static func text(_ path: String) -> String {
        String(decoding: WholeFile.read(path) ?? [], as: UTF8.self)
    }

    @Test func `Epochs rise one by one, beyond the end of a reservation too`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        for number in 1...600 {
            var coordinator = LockFileFence(directory: directory)
            #expect(coordinator.acquirePatiently(after: .none) == .granted(Epoch(UInt64(number))))
        }
        #expect(
            Self.text("\(directory.path)/\(StateDirectory.Name.epochReservation)").hasPrefix("00000000000000000771 "))
        #expect(Self.text("\(directory.path)/\(StateDirectory.Name.epochReservation)").hasSuffix(" !\n"))
    }

    @Test func `After a restart of the host that lost unsynced files, epochs continue above the reservation`()
        throws
    {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        var coordinator = LockFileFence(directory: directory)
        #expect(coordinator.acquirePatiently(after: .none) == .granted(Epoch(1)))
        coordinator.release()
        let synced = try #require(directory.files.read(StateDirectory.Name.epoch))
        for number in 2...200 {
            #expect(coordinator.acquirePatiently(after: .none) == .granted(Epoch(UInt64(number))))
            coordinator.release()
        }
        // After a power failure the epoch file has its synced content, and the reservation belongs to another boot.
        try folder.write(String(decoding: synced, as: UTF8.self), to: "epoch")
        let line = Self.text("\(directory.path)/\(StateDirectory.Name.epochReservation)")
        try folder.write("\(line.prefix(20)) \(Self.otherBoot) !\n", to: "epoch-reserved")
        #expect(coordinator.acquirePatiently(after: .none) == .granted(Epoch(258)))
        coordinator.release()
        #expect(coordinator.acquirePatiently(after: .none) == .granted(Epoch(259)))
    }

    @Test func `A reservation that can't be written costs a sync, not the reign`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        var coordinator = LockFileFence(directory: directory)
        // No user, not even root, can replace a folder by renaming a file.
        try folder.makeFolder("epoch-reserved")
        for _ in 1...3 {
            guard case .granted = coordinator.acquirePatiently(after: .none) else {
                Issue.record("nothing was granted")
                return
            }
            coordinator.release()
        }
    }
}
