import Cluster
import Testing

/// Permission to stand in, and its proof.
@Suite struct StandInTests {
    private func register(_ record: WorkerRecord, with balancer: inout BalancerConversation) {
        guard case .connectBack(let ticket) = balancer.register(record) else {
            Issue.record("no ticket")
            return
        }
        _ = balancer.core.connectBackFinished(ticket, .sameNode, now: balancer.now)
    }

    private func mayStandIn(_ record: WorkerRecord, _ balancer: BalancerConversation) -> Bool? {
        balancer.core.snapshot.worker(record.id)?.mayStandIn
    }

    /// A lying worker claims the balancer's lock domain, the first rank, and that it may stand in.
    @Test(arguments: [1, 2]) func aClaimIsNoProof(number: Int) {
        let liar = record(1).living(in: number)
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        register(liar, with: &balancer)
        #expect(mayStandIn(liar, balancer) == false)
        register(liar, with: &balancer)
        #expect(mayStandIn(liar, balancer) == false)
        let order = SuccessionOrder(of: balancer.core.snapshot, seenBy: record(8002).living(in: 1))
        #expect(order.candidates.isEmpty && order.distant.isEmpty)
    }

    @Test func theHandoverConnectionIsAProof() {
        let member = record(8001).living(in: 1)
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        register(member, with: &balancer)
        let before = balancer.core.snapshot.version
        balancer.core.handoverHeld(by: member.id, now: at(1))
        #expect(mayStandIn(member, balancer) == true)
        #expect(balancer.core.snapshot.version > before, "the workers learn of it")
    }

    @Test func theConnectionMayComeFirst() {
        let member = record(8001).living(in: 1)
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        balancer.core.handoverHeld(by: member.id, now: at(1))
        register(member, with: &balancer)
        #expect(mayStandIn(member, balancer) == true)
    }

    @Test func aWorkerThatDoesNotClaimToStandInDoesNot() {
        let member = record(8001, mayStandIn: false)
        var balancer = BalancerConversation()
        register(member, with: &balancer)
        balancer.core.handoverHeld(by: member.id, now: at(1))
        #expect(mayStandIn(member, balancer) == false)
    }

    @Test func aConnectionThatBreaksCountsForOneLeaseMore() {
        let member = record(8001)
        var balancer = BalancerConversation(with: [member])
        balancer.core.handoverLeft(by: member.id, now: at(0))
        balancer.pass(milliseconds: 9900)
        #expect(mayStandIn(member, balancer) == true)
        balancer.pass(milliseconds: 200)
        #expect(mayStandIn(member, balancer) == false)
        balancer.core.handoverHeld(by: member.id, now: balancer.now)
        #expect(mayStandIn(member, balancer) == true)
    }

    @Test func oneOfTwoHandoverConnectionsIsEnough() {
        let member = record(8001)
        var balancer = BalancerConversation(with: [member])
        balancer.core.handoverHeld(by: member.id, now: at(0))
        balancer.core.handoverLeft(by: member.id, now: at(0))
        balancer.pass(milliseconds: 20_000)
        #expect(mayStandIn(member, balancer) == true)
    }

    @Test func aPredecessorsWordCountsForOneLease() {
        let hints = Snapshot(epoch: Epoch(4), version: 1, workers: [record(8001), record(8002)])
        var balancer = BalancerConversation(epoch: Epoch(5), hints: hints)
        balancer.core.handoverHeld(by: id("worker-8002"), now: at(10))
        balancer.pass(milliseconds: 9000)
        #expect(balancer.core.snapshot.workers.map(\.mayStandIn) == [true, true])
        balancer.pass(milliseconds: 2000)
        #expect(balancer.core.snapshot.workers.map(\.mayStandIn) == [false, true])
    }

    /// The worker continues its watch and does not register again. Its earlier statement must not be lost.
    @Test func aWorkerThatThePredecessorHadNoProofOfProvesItToTheNext() {
        let hints = Snapshot(epoch: Epoch(4), version: 1, workers: [record(8001, mayStandIn: false)])
        var balancer = BalancerConversation(epoch: Epoch(5), hints: hints)
        #expect(mayStandIn(record(8001), balancer) == false)
        balancer.core.handoverHeld(by: id("worker-8001"), now: at(10))
        #expect(mayStandIn(record(8001), balancer) == true)
    }

    @Test func anotherStartNeedsANewProof() {
        let member = record(8001).living(in: 2)
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        register(member, with: &balancer)
        let peer = identity("worker-8001", .balancer)
        #expect(balancer.core.standInShown(member.id, incarnation: 1, peer: peer, now: at(1)) == .accepted(Epoch(1)))
        #expect(mayStandIn(member, balancer) == true)
        register(record(8001, incarnation: 2).living(in: 2), with: &balancer)
        #expect(mayStandIn(member, balancer) == false)
        #expect(balancer.core.standInShown(member.id, incarnation: 1, peer: peer, now: at(2)) == .unknown)
    }

    @Test(
        arguments: [
            (worker("worker-8001"), Refusal.wrongRole),
            (identity("worker-8001", .operator), .wrongRole),
            (identity("worker-8002", .balancer), .identityMismatch),
            (identity("worker-8001", .balancer, cluster: "elsewhere"), .wrongCluster),
            (nil, .wrongCluster),
        ] as [(NodeIdentity?, Refusal)])
    func onlyTheNodesOwnBalancerCertificateIsAProof(peer: NodeIdentity?, refusal: Refusal) {
        let member = record(8001).living(in: 2)
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        register(member, with: &balancer)
        #expect(
            balancer.core.standInShown(member.id, incarnation: 1, peer: peer, now: at(1)) == .refused(refusal))
        #expect(mayStandIn(member, balancer) == false)
    }

    @Test func theCertificateProvesNothingAboutThisLockDomain() {
        let member = record(8001).living(in: 1)
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        register(member, with: &balancer)
        _ = balancer.core.standInShown(
            member.id, incarnation: 1, peer: identity("worker-8001", .balancer), now: at(1))
        #expect(mayStandIn(member, balancer) == false, "it says that it shares the lock: then it holds the connection")
    }

    /// A host that is asked for a pledge, or listed in the store, must have proved that it may reign.
    @Test func onlyProvenWorkersOfOtherHostsAreAskedForPledges() {
        let own = record(8001).living(in: 1)
        let proven = record(8002).living(in: 2)
        let claiming = record(8003).living(in: 3)
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        for worker in [own, proven, claiming] { register(worker, with: &balancer) }
        balancer.core.handoverHeld(by: own.id, now: at(1))
        let peer = identity("worker-8002", .balancer)
        #expect(balancer.core.standInShown(proven.id, incarnation: 1, peer: peer, now: at(1)) == .accepted(Epoch(1)))
        #expect(balancer.core.standInDomains == [LockDomain("h2")!])
        #expect(balancer.core.standIns(of: LockDomain("h2")!).map(\.id) == [proven.id])
        #expect(balancer.core.standIns(of: LockDomain("h3")!).isEmpty)
    }
}
