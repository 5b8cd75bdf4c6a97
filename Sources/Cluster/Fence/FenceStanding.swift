/// What has become of a grant, as far as its holder can know at the moment.
package enum FenceStanding: Sendable, Equatable {
    case held
    /// For good: somebody else can have been granted a later epoch. The text says how it is known.
    case lost(String)
}
