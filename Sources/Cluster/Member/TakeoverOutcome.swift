/// The result of the shell's attempt to start a balancer.
package enum TakeoverOutcome: Sendable, Equatable {
    /// A balancer of this epoch accepts connections now.
    case started(Epoch)
    /// Another process holds the lock of the state directory: another worker was first.
    case lockHeld
    /// The balancer hangs with the lock, and this worker can't kill it: it runs in another PID namespace.
    case holderOutOfReach
    /// The balancer could not be started. The text gives the reason.
    case failed(String)
}
