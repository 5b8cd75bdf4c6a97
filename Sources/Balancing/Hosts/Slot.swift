/// The index of a worker in a `HostTable`, with its generation.
///
/// The table reuses indices. The generation tells a new worker from an earlier one, so a late release never affects
/// another worker.
package struct Slot: Hashable, Sendable {
    /// Less than the largest number of slots that the table has used at once, so a parallel array can use the index.
    package let index: Int32
    package let generation: UInt32
}
