/// The basis of one host's fence: a lock that the kernel releases at the death of its holder, and two small files.
///
/// It decides nothing. `HostFence` decides on the order of the calls and on the meaning of the bytes.
package protocol FenceStore {
    /// The host's name of the present boot, different after each start; empty if unknown. Within one boot a process
    /// reads what an earlier process wrote, synced or not.
    var boot: String { get }

    /// Tries once, without waiting.
    mutating func tryLock() -> LockAttempt

    mutating func unlock()

    /// Returns whether the lock still excludes others.
    mutating func lockStanding() -> FenceStanding

    /// The file's bytes; nil if there is no file. An unreadable file is a failure, not a missing one.
    mutating func read(_ file: FenceFile) throws(FenceStoreFailure) -> [UInt8]?

    /// Creates the file with these bytes. After the return it is durable. After a crash there is either the old content
    /// or all of the new content.
    mutating func replace(_ file: FenceFile, with bytes: [UInt8]) throws(FenceStoreFailure)

    /// Overwrites a part of the file for all later readers. Until a sync, a crash of the host or a failure can undo it
    /// or keep any part of it.
    mutating func overwrite(_ file: FenceFile, with bytes: [UInt8], at offset: Int) throws(FenceStoreFailure)

    /// Makes earlier writes to the file durable.
    mutating func sync(_ file: FenceFile) throws(FenceStoreFailure)
}

package enum FenceFile: Sendable, Hashable, CaseIterable {
    /// See `EpochFile`.
    case epoch
    /// See `EpochReservation`.
    case reservation
}

/// The result of an attempt to take the lock.
package enum LockAttempt: Sendable, Equatable {
    case taken
    /// The text names the holder if it is known.
    case held(String)
    case failed(String)
}

/// A failure of the store. The text gives the operation and the reason.
package struct FenceStoreFailure: Error, Equatable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}
