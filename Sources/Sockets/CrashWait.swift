private import CLinux

/// A short delay between a fatal signal and the end of the process.
package enum CrashWait {
    /// Delays the end of the process until the `Int` at this address is 0, for at most 100 ms. Another thread sets it
    /// to 0.
    ///
    /// - Parameter pending: valid for the life of the process.
    package static func install(until pending: UnsafeRawPointer) { clinux_flush_on_crash(pending) }
}
