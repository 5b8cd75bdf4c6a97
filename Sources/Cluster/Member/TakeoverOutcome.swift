/// How the shell's attempt to start a balancer ended.
package enum TakeoverOutcome: Sendable, Equatable {
    /// A balancer of this epoch accepts now.
    case started(Epoch)
    /// Another process holds the lock of the state directory: somebody else did it.
    case lockHeld
    /// It could not be started; the text says why.
    case failed(String)
}
