import Cluster
import Testing

@testable import ControlPlane

/// No epoch is granted twice, whenever the host stops and whatever of the files survives it.
@Suite struct EpochReservationTests {
    private static let boot = EpochReservation.presentBoot
    private static let otherBoot = "00000000-3c51-4bb2-8d8e-0f6c9b0c1a11"

    @Test(arguments: [true, false])
    func `What is written is read again`(isConfirmed: Bool) {
        let reservation = EpochReservation(bound: Epoch(257), boot: Self.boot, isConfirmed: isConfirmed)
        #expect(EpochReservation(text: reservation.text) == reservation)
        #expect(reservation.covers(Epoch(257)) == isConfirmed)
        #expect(!reservation.covers(Epoch(258)))
    }

    @Test func `A reservation of another boot covers nothing`() {
        #expect(!EpochReservation(bound: Epoch(9), boot: Self.otherBoot, isConfirmed: true).covers(Epoch(1)))
        #expect(!EpochReservation(bound: Epoch(9), boot: "", isConfirmed: true).covers(Epoch(1)))
    }

    @Test(arguments: ["", "\n", "nonsense", "12", "12 ", "00000000000000000257 \(boot)", "257 a b c", "-1 a !"])
    func `A torn or foreign line covers nothing`(text: String) {
        #expect(!EpochReservation(text: text).covers(Epoch(1)))
    }

    @Test func `An absurd bound leaves room for a next epoch`() {
        #expect(EpochReservation(text: "18446744073709551615 a !").bound == .ceiling)
    }

    @Test func `Epochs rise one by one, over the end of a reservation too`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        for number in 1...600 {
            var coordinator = LockFileCoordinator(directory: directory)
            #expect(coordinator.acquire(after: .none) == .granted(Epoch(UInt64(number))))
            let reservation = EpochReservation.read(directory.epochReservation)
            #expect(reservation.covers(Epoch(UInt64(number))))
        }
    }

    @Test func `After a new start of the host, which lost what was not synced, epochs go on above the reservation`()
        throws
    {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        var coordinator = LockFileCoordinator(directory: directory)
        #expect(coordinator.acquire(after: .none) == .granted(Epoch(1)))
        coordinator.release()
        let synced = try #require(DurableFile.read(directory.epoch))
        for number in 2...200 {
            #expect(coordinator.acquire(after: .none) == .granted(Epoch(UInt64(number))))
            coordinator.release()
        }
        // The power fails: the epoch file is as it was synced, the reservation is of another boot.
        try folder.write(String(decoding: synced, as: UTF8.self), to: "epoch")
        let reserved = EpochReservation.read(directory.epochReservation)
        try folder.write(
            EpochReservation(bound: reserved.bound, boot: Self.otherBoot, isConfirmed: true).text, to: "epoch-reserved")
        #expect(coordinator.acquire(after: .none) == .granted(reserved.bound.next))
        coordinator.release()
        #expect(coordinator.acquire(after: .none) == .granted(reserved.bound.next.next))
    }

    @Test func `A reservation that can't be written costs a sync, not the reign`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        try folder.makeFolder("epoch-reserved")
        var coordinator = LockFileCoordinator(directory: directory)
        for number in 1...3 {
            #expect(coordinator.acquire(after: .none) == .granted(Epoch(UInt64(number))))
            coordinator.release()
        }
    }
}
