/// What the fence of one host stands on: a lock that the kernel frees when its holder dies, and a small file.
///
/// It decides nothing: in which order it is asked, and what the bytes mean, is `LockCoordinator`'s business.
package protocol FenceStore {
    /// Tries once, without waiting.
    mutating func tryLock() -> LockAttempt

    mutating func unlock()

    /// The epoch file's bytes; nil when there is none. A file that can't be read is a failure, not a missing one.
    mutating func readEpochFile() throws(FenceStoreFailure) -> [UInt8]?

    /// Makes the epoch file with these bytes; durable, and there whole or not at all, when it returns.
    mutating func createEpochFile(_ bytes: [UInt8]) throws(FenceStoreFailure)

    /// Writes over a part of the epoch file; durable when it returns, or made up for: after a loss of what was written
    /// `readEpochFile` gives a file of an epoch that is no lower. When it fails, or dies on the way, any part of
    /// the bytes may have been written.
    mutating func overwriteEpochFile(_ bytes: [UInt8], at offset: Int) throws(FenceStoreFailure)
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
