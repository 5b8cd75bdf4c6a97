/// The lease of a lock domain, in a file of one line. So a successor on the same host continues it without the store:
/// ```
/// 2324035687008816388 41 83886081 324952591200643719 2 57 913600000000000 0b5d6b1f-... 8f3a2b1c00d4e5f6
/// ```
/// The fields are the lease, the revision of the leader key, the epoch of its claim, the store's header, the deadline, the
/// boot in which the deadline counts, and a check of the line. Only the holder of the host's lock reads and writes it.
package struct SavedLease: Sendable, Equatable {
    package let lease: Int64
    /// The revision of the leader key's last change.
    package let leaderRevision: Int64
    /// The epoch in the leader key. Epochs of the same term belong to the lock domain.
    package let epoch: Epoch
    package let seen: StoreHeader
    /// The reign ends here unless a renewal counts, on the clock of the coordinator.
    package let deadline: Instant

    package init(lease: Int64, leaderRevision: Int64, epoch: Epoch, seen: StoreHeader, deadline: Instant) {
        self.lease = lease
        self.leaderRevision = leaderRevision
        self.epoch = epoch
        self.seen = seen
        self.deadline = deadline
    }

    /// - Parameter boot: names the present boot of the host, without spaces.
    package func bytes(in boot: String) -> [UInt8] {
        let text =
            "\(lease) \(leaderRevision) \(epoch.value) \(seen.cluster) \(seen.term) \(seen.revision) "
            + "\(deadline.nanoseconds) \(boot.isEmpty ? "unknown" : boot)"
        return Array("\(text) \(SavedLease.check(of: text))\n".utf8)
    }

    /// Nil for an incomplete line, and for one of another boot: the clock has begun anew.
    package init?(_ bytes: [UInt8], in boot: String) {
        guard !boot.isEmpty, bytes.count <= 1024, bytes.last == UInt8(ascii: "\n") else { return nil }
        let line = String(decoding: bytes.dropLast(), as: UTF8.self)
        guard let space = line.lastIndex(of: " ") else { return nil }
        let text = String(line[..<space])
        guard line[line.index(after: space)...] == SavedLease.check(of: text) else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 8, parts[7] == boot, let lease = Int64(parts[0]), let leaderRevision = Int64(parts[1]),
            let epoch = UInt64(parts[2]), let cluster = UInt64(parts[3]), let term = UInt64(parts[4]),
            let revision = Int64(parts[5]), let deadline = UInt64(parts[6])
        else { return nil }
        self.init(
            lease: lease, leaderRevision: leaderRevision, epoch: Epoch(epoch),
            seen: StoreHeader(cluster: cluster, term: term, revision: revision),
            deadline: Instant(nanoseconds: deadline))
    }

    /// FNV-1a, 64 bits: detects a line that was written in part.
    private static func check(of text: String) -> String {
        String(text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
    }
}
