/// The result of an attempt to restart the epochs.
package enum FenceReset: Sendable, Equatable {
    case done
    /// A balancer reigns. The text names its process if it is known.
    case heldByOther(String)
    case failed(String)
}
