/// What the fence of one host stands on: a lock that the kernel frees when its holder dies, and two small files.
///
/// It decides nothing: in which order it is asked, and what the bytes mean, is `LockCoordinator`'s business.
package protocol FenceStore {
    /// What the host calls its present boot, different after each start; empty when it does not tell. As long as it is the
    /// same, what one process has written the next one reads, synced or not.
    var boot: String { get }

    /// Tries once, without waiting.
    mutating func tryLock() -> LockAttempt

    mutating func unlock()

    /// Whether the lock that was taken still keeps others away.
    mutating func lockStanding() -> FenceStanding

    /// The file's bytes; nil when there is none. A file that can't be read is a failure, not a missing one.
    mutating func read(_ file: FenceFile) throws(FenceStoreFailure) -> [UInt8]?

    /// Makes the file with these bytes: durable when it returns, and whatever happens on the way, there is either what
    /// was there before or all of this.
    mutating func replace(_ file: FenceFile, with bytes: [UInt8]) throws(FenceStoreFailure)

    /// Writes over a part of the file, for all who read it from then on. Until it is synced, a crash of the host can undo
    /// it or leave any part of it; and so can a failure.
    mutating func overwrite(_ file: FenceFile, with bytes: [UInt8], at offset: Int) throws(FenceStoreFailure)

    /// What was written to the file is durable when it returns.
    mutating func sync(_ file: FenceFile) throws(FenceStoreFailure)
}

package enum FenceFile: Sendable, Hashable, CaseIterable {
    /// See `EpochFile`.
    case epoch
    /// See `EpochReservation`.
    case reservation
}

/// How an attempt to take the lock ended.
package enum LockAttempt: Sendable, Equatable {
    case taken
    /// The text names the holder, as far as it is known.
    case held(String)
    case failed(String)
}

/// The store could not do it; the text says what and why.
package struct FenceStoreFailure: Error, Equatable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}
