/// The answer of a coordinator.
package enum CoordinatorGrant: Sendable, Equatable {
    /// Durable before it is returned, and above every earlier grant.
    case granted(Epoch)
    /// The text names the holder if it is known.
    case heldByOther(String)
    case failed(String)
}
