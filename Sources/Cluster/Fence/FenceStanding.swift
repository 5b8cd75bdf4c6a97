/// The state of a grant, as far as its holder can know.
package enum FenceStanding: Sendable, Equatable {
    case held
    /// Final: another process may have got a later epoch. The text gives the evidence.
    case lost(String)
}
