/// What a coordinator answers.
package enum CoordinatorGrant: Sendable, Equatable {
    /// Durable before it is returned, and above every epoch granted before.
    case granted(Epoch)
    /// The text names the holder, as far as it is known.
    case heldByOther(String)
    case failed(String)
}
