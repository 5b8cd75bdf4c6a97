/// A lock domain's word to take no leader key until a time, because the balancer of another lock domain reigns without the
/// store.
///
/// It belongs to the lock domain and not to a process, so it also binds balancers that start later. It is in the file `pledge`,
/// in one line:
/// ```
/// host-a 83886081 913600000000000 0b5d6b1f-... 8f3a2b1c00d4e5f6
/// ```
/// The fields are the reigning lock domain, its epoch, the end on CLOCK_BOOTTIME, the boot in which the end counts, and a check
/// of the line. The file is not synced: after a restart of the host, no claim is made before one lifetime is over.
package struct Pledge: Sendable, Equatable {
    /// The lock domain that reigns.
    package let lockDomain: LockDomain
    package let epoch: Epoch
    /// The lock domain takes no leader key before this time.
    package let until: Instant

    package init(lockDomain: LockDomain, epoch: Epoch, until: Instant) {
        self.lockDomain = lockDomain
        self.epoch = epoch
        self.until = until
    }

    /// - Parameter boot: names the present boot of the host, without spaces.
    package func bytes(in boot: String) -> [UInt8] {
        CheckedLine.bytes("\(lockDomain.text) \(epoch.value) \(until.nanoseconds) \(boot.isEmpty ? "unknown" : boot)")
    }

    /// Nil for an incomplete line, and for one of another boot.
    package init?(_ bytes: [UInt8], in boot: String) {
        guard !boot.isEmpty, let text = CheckedLine.text(in: bytes) else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 4, parts[3] == boot, let lockDomain = LockDomain(String(parts[0])),
            let epoch = UInt64(parts[1]), let until = UInt64(parts[2])
        else { return nil }
        self.init(lockDomain: lockDomain, epoch: Epoch(epoch), until: Instant(nanoseconds: until))
    }
}

/// A reigning balancer's request for a pledge.
package struct PledgeRequest: Codable, Sendable, Equatable {
    /// The lock domain that reigns.
    package var lockDomain: LockDomain
    package var epoch: Epoch
    /// The duration of the pledge: the lifetime of a lease.
    package var milliseconds: Int64

    enum CodingKeys: String, CodingKey {
        case lockDomain = "home"
        case epoch, milliseconds
    }

    package init(lockDomain: LockDomain, epoch: Epoch, milliseconds: Int64) {
        self.lockDomain = lockDomain
        self.epoch = epoch
        self.milliseconds = milliseconds
    }

    /// The longest lifetime that `--etcd-ttl` permits.
    private static let longest: Int64 = 60_000

    /// Decides about a pledge. The caller holds the host's lock meanwhile, so no balancer of this host reigns or claims.
    ///
    /// - Parameters:
    ///   - own: the lock domain that is asked.
    ///   - known: the highest epoch that the asked worker has met.
    ///   - saved: the lease of this lock domain.
    /// - Returns: nil for a refusal: this lock domain may reign, or knows of a later reign.
    package func pledge(of own: LockDomain, known: Epoch, saved: SavedLease?, now: Instant) -> Pledge? {
        guard lockDomain != own, epoch >= known, epoch <= .ceiling, (1...PledgeRequest.longest).contains(milliseconds)
        else { return nil }
        if let saved, now < saved.deadline { return nil }
        return Pledge(lockDomain: lockDomain, epoch: epoch, until: now.advanced(byMilliseconds: milliseconds))
    }
}

/// The answer to a request for a pledge.
package struct PledgeAnswer: Codable, Sendable, Equatable {
    package var isGiven: Bool

    enum CodingKeys: String, CodingKey { case isGiven = "given" }

    package init(isGiven: Bool) { self.isGiven = isGiven }
}
