/// The lease of a lock domain, in a file of one line. So a successor on the same host continues it without the store:
/// ```
/// 2324035687008816388 2 41 83886081 324952591200643719 2 57 913600000000000 43 host-a,host-b 0b5d6b1f-... 8f3a2b1c00d4e5f6
/// ```
/// The fields are the lease, the raft term of its grant, the revision of the leader key, the epoch of its claim, the store's header, the deadline, the
/// revision of the successors key, the lock domains that may take the leader key (`-` if they are unknown), the boot in which the deadline counts, and a check of
/// the line. Only the holder of the host's lock writes it.
package struct SavedLease: Sendable, Equatable {
    package let lease: Int64
    /// The raft term in which the lease was granted; 0 if it is unknown.
    package let leaseTerm: UInt64
    /// The revision of the leader key's last change.
    package let leaderRevision: Int64
    /// The epoch in the leader key. Epochs of the same term belong to the lock domain.
    package let epoch: Epoch
    package let seen: StoreHeader
    /// The reign ends here unless a renewal counts, on the clock of the coordinator.
    package let deadline: Instant
    /// The lock domains that may take the leader key.
    package let successors: KnownSuccessors

    package init(
        lease: Int64, leaseTerm: UInt64 = 0, leaderRevision: Int64, epoch: Epoch, seen: StoreHeader, deadline: Instant,
        successors: KnownSuccessors = KnownSuccessors()
    ) {
        self.lease = lease
        self.leaseTerm = leaseTerm
        self.leaderRevision = leaderRevision
        self.epoch = epoch
        self.seen = seen
        self.deadline = deadline
        self.successors = successors
    }

    /// - Parameter boot: names the present boot of the host, without spaces.
    package func bytes(in boot: String) -> [UInt8] {
        let domains = successors.possible.map { $0.map(\.text).joined(separator: ",") } ?? "-"
        return CheckedLine.bytes(
            "\(lease) \(leaseTerm) \(leaderRevision) \(epoch.value) \(seen.cluster) \(seen.term) \(seen.revision) "
                + "\(deadline.nanoseconds) \(successors.revision) \(domains) \(boot.isEmpty ? "unknown" : boot)")
    }

    /// Nil for an incomplete line, and for one of another boot: the clock has begun anew.
    package init?(_ bytes: [UInt8], in boot: String) {
        guard !boot.isEmpty, let text = CheckedLine.text(in: bytes) else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 11, parts[10] == boot, let lease = Int64(parts[0]), let leaseTerm = UInt64(parts[1]),
            let leaderRevision = Int64(parts[2]), let epoch = UInt64(parts[3]), let cluster = UInt64(parts[4]),
            let term = UInt64(parts[5]), let revision = Int64(parts[6]), let deadline = UInt64(parts[7]),
            let listRevision = Int64(parts[8])
        else { return nil }
        let domains = parts[9].split(separator: ",").compactMap { LockDomain(String($0)) }
        self.init(
            lease: lease, leaseTerm: leaseTerm, leaderRevision: leaderRevision, epoch: Epoch(epoch),
            seen: StoreHeader(cluster: cluster, term: term, revision: revision),
            deadline: Instant(nanoseconds: deadline),
            successors: KnownSuccessors(possible: parts[9] == "-" ? nil : domains, revision: listRevision))
    }
}
