internal import Cluster
internal import Storage

/// The coordinators that a balancer can use, by name.
///
/// A further coordinator is a type that implements `Coordinator`, and one line in this table. The lock of the host's state
/// directory is there for every coordinator: inside a host it decides which process may ask.
enum Coordinators {
    static let standard = "lock"

    private static let table: [String: @Sendable (LockFileStore) -> any Coordinator] = [
        "lock": { HostCoordinator(store: $0) }
    ]

    /// Nil for an unknown name.
    static func make(_ name: String, over lock: LockFileStore) -> (any Coordinator)? {
        table[name]?(lock)
    }
}
