/// A call of the store. The shell translates it into the store's own protocol.
package enum StoreCall: Sendable, Equatable {
    /// Reads every key of the cluster at one revision, with the agreement of the store's majority. Answer: `content`.
    case read
    /// Answer: `granted`.
    case grant(seconds: Int)
    /// Answer: `keptAlive`.
    case keepAlive(lease: Int64)
    /// One transaction. Answer: `claimed`.
    case claim(StoreClaim)
    /// Answer: `listed`.
    case list(StoreListing)
    /// Answer: `revoked`.
    case revoke(lease: Int64)
}

/// A transaction that takes the leader key and raises the epoch key, if both still are as they were read.
package struct StoreClaim: Sendable, Equatable {
    package let leader: LeaderRecord
    package let lease: Int64
    /// The revision of the leader key's last change; 0 if there must be no leader key.
    package let leaderRevision: Int64
    /// The revision of the epoch key's last change; 0 if there must be no epoch key.
    package let epochRevision: Int64
    /// The raft term in which the lease was granted. It is not sent.
    package let leaseTerm: UInt64

    package init(
        leader: LeaderRecord, lease: Int64, leaderRevision: Int64, epochRevision: Int64, leaseTerm: UInt64
    ) {
        self.leaseTerm = leaseTerm
        self.leader = leader
        self.lease = lease
        self.leaderRevision = leaderRevision
        self.epochRevision = epochRevision
    }
}

/// The value of the leader key: the lock domain that reigns.
package struct LeaderRecord: Sendable, Equatable, Codable {
    package let lockDomain: LockDomain
    /// The epoch with which the lock domain took the key. Successors of the same host count on from there.
    package let epoch: Epoch
    /// The cluster port.
    package let address: BalancerAddress

    enum CodingKeys: String, CodingKey {
        case lockDomain = "home"
        case epoch, address
    }

    package init(lockDomain: LockDomain, epoch: Epoch, address: BalancerAddress) {
        self.lockDomain = lockDomain
        self.epoch = epoch
        self.address = address
    }
}

/// The place and the time of an answer in the store's history.
package struct StoreHeader: Sendable, Equatable {
    package let cluster: UInt64
    /// The raft term that the member knows.
    package let term: UInt64
    package let revision: Int64

    package init(cluster: UInt64, term: UInt64, revision: Int64) {
        self.cluster = cluster
        self.term = term
        self.revision = revision
    }
}

/// The keys of the cluster at one revision.
package struct StoreContent: Sendable, Equatable {
    package struct LeaderKey: Sendable, Equatable {
        package let record: LeaderRecord
        package let lease: Int64
        package let revision: Int64

        package init(record: LeaderRecord, lease: Int64, revision: Int64) {
            self.record = record
            self.lease = lease
            self.revision = revision
        }
    }

    package struct EpochKey: Sendable, Equatable {
        package let epoch: Epoch
        package let revision: Int64

        package init(epoch: Epoch, revision: Int64) {
            self.epoch = epoch
            self.revision = revision
        }
    }

    package struct SuccessorsKey: Sendable, Equatable {
        package let list: SuccessorList
        package let revision: Int64

        package init(list: SuccessorList, revision: Int64) {
            self.list = list
            self.revision = revision
        }
    }

    /// Nil while no lock domain reigns.
    package let leader: LeaderKey?
    /// Nil in an empty store: it is new, or its data was lost.
    package let epoch: EpochKey?
    /// Nil before the first holder has written it.
    package let successors: SuccessorsKey?

    package init(leader: LeaderKey?, epoch: EpochKey?, successors: SuccessorsKey? = nil) {
        self.leader = leader
        self.epoch = epoch
        self.successors = successors
    }
}

/// An answer of a member of the store.
package enum StoreAnswer: Sendable, Equatable {
    case content(StoreHeader, StoreContent)
    case granted(StoreHeader, lease: Int64, seconds: Int)
    /// `isAlive` is false if the member knows no such lease.
    case keptAlive(StoreHeader, isAlive: Bool)
    /// `succeeded` is false if a key was not as expected.
    case claimed(StoreHeader, succeeded: Bool)
    /// `succeeded` is false if a key was not as expected.
    case listed(StoreHeader, succeeded: Bool)
    case revoked
    /// No answer in time, or one that means nothing. A change that was asked for may have happened.
    case failed(String)
}
