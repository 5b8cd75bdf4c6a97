/// The reason why a caller may wait for the disk.
///
/// A sync takes 100 ms or more on a busy disk. A loop that waits sends no sign of life and sees no death meanwhile. So every
/// synced write names its reason, and `BlockingCallTests` lists the files that may use each one.
package enum DiskWait: Sendable {
    /// The caller is the disk thread of the process. Loops post their writes to it.
    case onDiskThread
    /// No loop of this process runs yet, or the process is a command and has none.
    case withoutLoop
    /// The loop serves the commands of operators alone. Its answers report what is on the disk.
    case onCommandLoop
    /// The next step must not happen before the disk has the bytes: an epoch that was granted once must not be granted again.
    case beforeGrant
}
