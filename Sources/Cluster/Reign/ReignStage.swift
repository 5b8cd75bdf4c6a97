/// The stage of a balancer process, without the details of `ReignPhase`.
package enum ReignStage: Sendable, Equatable {
    /// Clients have not been accepted yet.
    case candidate
    /// Clients are accepted.
    case reigning
    /// The reign is ending: a successor may reign already.
    case leaving
    case ended
}
