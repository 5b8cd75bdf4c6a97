/// The answer of a coordinator, now or later.
package enum CoordinatorAnswer: Sendable, Equatable {
    /// The caller is the only balancer, under this epoch. No crash of the host makes it available again, and it is above every
    /// epoch granted before.
    case granted(Epoch)
    /// Another process reigns. The text names it as far as it is known.
    case held(by: String)
    /// The attempt failed; the text says why.
    case failed(String)
    /// The grant does not stand any more: another process can have been granted a later epoch. The text says how that is
    /// known.
    case lost(String)
}
