/// The outcome of an attempt to get the host's fence.
package enum FenceAttempt: Sendable, Equatable {
    /// Synced, or below a synced reservation, before it is returned. It is above every earlier grant.
    case granted(Epoch)
    /// The text names the holder if it is known.
    case heldByOther(String)
    case failed(String)
}
