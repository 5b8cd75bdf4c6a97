/// The process at the other end of a unix socket. Its description completes a sentence.
package enum PeerProcess: Equatable, Sendable, CustomStringConvertible {
    /// The kernel has translated the number into this process's PID namespace.
    case visible(Int32)
    /// The process runs in a PID namespace that this process can't see. It has no number here, and no signal reaches it.
    case invisible

    /// - Parameter number: from SO_PEERCRED (unix(7)).
    init(_ number: Int32) {
        self = number > 0 ? .visible(number) : .invisible
    }

    package var description: String {
        switch self {
        case .visible(let number): "process \(number)"
        case .invisible: "a process of another PID namespace"
        }
    }
}
