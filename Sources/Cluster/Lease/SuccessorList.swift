/// The action of a balancer when the store confirms no renewal in time. All nodes of a cluster have the same policy.
package enum StoreLossPolicy: String, Sendable, Codable, CaseIterable {
    /// The reign goes on while every host that may replace it pledges not to (`Pledge`).
    case failsafe
    /// The reign ends.
    case stop
}

/// The value of the successors key: the cluster's policy, and the lock domains that may take the leader key.
///
/// Only the holder of the leader key writes it, in a transaction that compares that key. So nobody changes it while no lock
/// domain reigns. With `stop` the leader key alone decides, and the list is empty.
package struct SuccessorList: Sendable, Equatable, Codable {
    /// The largest number of listed lock domains. A balancer has to ask all of them within a second.
    package static let maximumCount = 32

    package let policy: StoreLossPolicy
    /// In order, without repetitions.
    package let lockDomains: [LockDomain]

    enum CodingKeys: String, CodingKey {
        case policy
        case lockDomains = "homes"
    }

    package init(policy: StoreLossPolicy, lockDomains: [LockDomain]) {
        self.policy = policy
        self.lockDomains = lockDomains
    }

    /// The list of a holder: its own lock domain, and others up to `maximumCount`.
    init(of own: LockDomain, policy: StoreLossPolicy, others: [LockDomain]) {
        self.policy = policy
        guard policy == .failsafe else {
            lockDomains = []
            return
        }
        let chosen = Set(others).subtracting([own]).sorted { $0.text < $1.text }.prefix(Self.maximumCount - 1)
        lockDomains = ([own] + chosen).sorted { $0.text < $1.text }
    }

    /// Why a node may not take the leader key; nil if it may.
    func exclusion(of lockDomain: LockDomain, policy other: StoreLossPolicy) -> String? {
        guard policy == other else {
            return
                "this node has --when-store-lost \(other.rawValue), and the cluster has \(policy.rawValue): give all "
                + "nodes the same"
        }
        guard policy == .stop || lockDomains.contains(lockDomain) else {
            return "the last balancer did not list this host among those that may reign: start a balancer on a listed "
                + "host; if all of those are lost, delete the key 'successors' from the store"
        }
        return nil
    }
}

/// A transaction that writes the successors key, if the leader key and the successors key still are as they were read.
package struct StoreListing: Sendable, Equatable {
    package let list: SuccessorList
    package let leaderRevision: Int64
    /// The revision of the successors key's last change; 0 if there must be no such key.
    package let listRevision: Int64

    package init(list: SuccessorList, leaderRevision: Int64, listRevision: Int64) {
        self.list = list
        self.leaderRevision = leaderRevision
        self.listRevision = listRevision
    }
}

/// A holder's knowledge of the successors key.
///
/// A write without an answer may still happen. So the lock domains in it count as listed until a later revision of the key
/// has been read: no earlier write can happen then.
package struct KnownSuccessors: Sendable, Equatable {
    /// The listed lock domains at `revision`; nil if they are unknown, or belong to another policy.
    private(set) var listed: [LockDomain]?
    private(set) var revision: Int64
    /// The lock domains in writes without an answer.
    private var unanswered: Set<LockDomain> = []
    /// The list at `revision`, as far as it was read.
    private(set) var list: SuccessorList?

    /// - Parameters:
    ///   - possible: what an earlier process of the host knew. Its writes may still happen.
    ///   - revision: of the key, as that process knew it.
    package init(possible: [LockDomain]? = nil, revision: Int64 = 0) {
        listed = possible
        unanswered = Set(possible ?? [])
        self.revision = revision
    }

    /// Every lock domain that may be listed; nil if that is unknown.
    package var possible: [LockDomain]? {
        listed.map { Set($0).union(unanswered).sorted { $0.text < $1.text } }
    }

    mutating func write(_ list: SuccessorList) { unanswered.formUnion(list.lockDomains) }

    /// The store's answer to a read, or to a write that succeeded.
    mutating func see(_ list: SuccessorList?, revision: Int64) {
        let present = list == nil ? 0 : revision
        if present != self.revision { unanswered = [] }
        self.revision = present
        self.list = list
        listed = list.flatMap { $0.policy == .failsafe ? $0.lockDomains : nil }
    }
}
