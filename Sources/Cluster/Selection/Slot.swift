/// A worker's place in an `OutstandingTable`.
///
/// Slots are reused; the generation tells a new tenant from the old one, so a late release can't touch a stranger.
package struct Slot: Hashable, Sendable {
    /// Below the largest number of workers that the table held at once: good as an index into an array beside it.
    package let index: Int32
    package let generation: UInt32
}
