import Testing

@testable import Cluster

@Suite struct AdmissionTests {
    @Test func aRegistrationAloneChangesNothing() {
        var balancer = BalancerConversation()
        guard case .connectBack(let ticket) = balancer.register(record(8001)) else {
            Issue.record("refused")
            return
        }
        #expect(ticket.record.port == 8001)
        #expect(ticket.isAuthenticated)
        #expect(balancer.core.snapshot.workers.isEmpty)
        #expect(balancer.core.snapshot.version == 1)
    }

    @Test func theConnectBackMakesItReady() {
        var balancer = BalancerConversation()
        guard case .admitted(let snapshot) = balancer.admit(record(8001)) else {
            Issue.record("refused")
            return
        }
        #expect(snapshot.workers == [record(8001)])
        #expect(balancer.core.isRoutable(id("worker-8001")))
        #expect(balancer.effects() == [.event(.joined(id("worker-8001"))), .hostsChanged])
        #expect(balancer.core.hostEntries.map(\.slowStartBegan) == [at(0)])
    }

    @Test func `An offer reaches the load balancer`() {
        var record = record(8001)
        record.offer = WorkerOffer(capacity: 8, maximumRequests: 64)
        var balancer = BalancerConversation()
        #expect(balancer.admit(record) == .admitted(balancer.core.snapshot))
        #expect(balancer.core.snapshot.workers == [record])
        #expect(balancer.core.hostEntries.map(\.offer) == [record.offer])
        // The same incarnation may change its offer.
        record.offer.maximumRequests = 32
        #expect(balancer.admit(record) == .admitted(balancer.core.snapshot))
        #expect(balancer.core.hostEntries.map(\.offer) == [record.offer])
    }

    @Test(arguments: [
        (ConnectBackOutcome.unreachable("refused"), Refusal.unreachable("refused")),
        (.otherNode("worker-8009"), .answeredBySomebodyElse("worker-8009")),
        (.hostNotInCertificate, .hostNotInCertificate),
        (.unhealthy("500"), .unhealthy("500")),
    ])
    func aFailedConnectBackLeavesTheRegistryAsItWas(outcome: ConnectBackOutcome, refusal: Refusal) {
        var balancer = BalancerConversation(with: [record(8001)])
        let before = balancer.core.snapshot
        #expect(balancer.admit(record(8002), outcome) == .refused(refusal))
        #expect(balancer.admit(record(8001, incarnation: 2), outcome) == .refused(refusal))
        #expect(balancer.core.snapshot == before)
        #expect(balancer.core.isRoutable(id("worker-8001")))
    }

    @Test(arguments: [
        (worker("worker-8002"), Refusal.identityMismatch),
        (worker("worker-8001", cluster: "elsewhere"), .wrongCluster),
        (identity("worker-8001", .balancer), .wrongRole),
        (identity("worker-8001", .operator), .wrongRole),
    ])
    func onlyTheRightCertificateGetsIn(peer: NodeIdentity, refusal: Refusal) {
        var balancer = BalancerConversation()
        #expect(balancer.register(record(8001), peer: peer) == .refused(refusal))
        #expect(balancer.core.watch(watch(record(8001)), peer: peer, now: at(0)) == .refused(refusal))
    }

    /// Checked before any connection. Otherwise any member could make the balancer connect to other hosts.
    @Test func theHostMustBeInTheWorkersCertificate() {
        var balancer = BalancerConversation()
        #expect(balancer.register(record(8001), isHostCertified: false) == .refused(.hostNotInCertificate))
        // The identity is checked first: a peer that claims another id learns nothing.
        let verdict = balancer.register(record(8001), peer: worker("worker-8002"), isHostCertified: false)
        #expect(verdict == .refused(.identityMismatch))
    }

    @Test(arguments: [
        Refusal.unreachable("Connection refused"), .unreachable("no answer in time"),
        .answeredBySomebodyElse("spiffe://understudy/worker/other"), .unhealthy("status 500"),
    ])
    func theFindingOfAConnectBackIsForTheLogOnly(refusal: Refusal) {
        #expect(refusal.asTold == .notConfirmed)
        #expect(refusal.asTold.detail == nil)
        #expect(refusal.asTold.status == 409)
        #expect(ClusterEvent.refused(id("a"), refusal).message.contains(refusal.detail ?? "?"))
    }

    @Test func anIdentityHasFewConnectBacksInAWhile() {
        var balancer = BalancerConversation()
        func attempts(_ port: UInt16, _ count: Int) -> Int {
            (0..<count).filter { _ in
                if case .admitted = balancer.admit(record(port)) { true } else { false }
            }.count
        }
        #expect(attempts(8001, 40) == ConnectBackLimiter.mostInWindow)
        #expect(balancer.register(record(8001)) == .refused(.busy))
        // Other identities have their own.
        #expect(attempts(8002, 1) == 1)
        balancer.pass(milliseconds: ConnectBackLimiter.windowMilliseconds - 1)
        #expect(balancer.register(record(8001)) == .refused(.busy))
        balancer.pass(milliseconds: 1)
        #expect(attempts(8001, 1) == 1)
    }

    @Test func theListOfConnectBacksIsBounded() {
        var pace = ConnectBackLimiter()
        for number in 0..<5000 {
            let isAllowed = pace.allows(id("worker-\(number)"), now: at(Int64(number) * 10))
            #expect(isAllowed)
            #expect(pace.listedCount <= 2048)
        }
    }

    @Test func withCertificatesAPeerWithoutOneIsRefused() {
        var balancer = BalancerConversation()
        let verdict = balancer.core.register(
            registration(record(8001)), peer: nil, isHostCertified: true, now: at(0))
        #expect(verdict == .refused(.identityMismatch))
    }

    @Test func thePlainBuildHasNoIdentities() {
        var balancer = BalancerConversation(cluster: nil)
        let verdict = balancer.core.register(
            registration(record(8001)), peer: nil, isHostCertified: true, now: at(0))
        guard case .connectBack(let ticket) = verdict else {
            Issue.record("refused")
            return
        }
        #expect(!ticket.isAuthenticated)
    }

    static let nonsense: [(Registration, UInt16)] = [
        (registration(record(0)), 400),
        (registration(record(8000)), 400),
        (registration(record(7000)), 400),
        (registration(record(8001, host: "")), 400),
        (registration(record(8001, host: "a b")), 400),
        (registration(record(8001, host: "-x")), 400),
        (registration(record(8001, host: "[::1]")), 400),
        (registration(record(8001, host: "fe80::1%eth0")), 400),
        (registration(record(8001, host: String(repeating: "a", count: 254))), 400),
        (registration(record(8001), seen: Epoch(.max)), 400),
        (
            Registration(
                id: id("a"), host: "::1", port: 1, incarnation: 0, mayStandIn: true, offer: WorkerOffer(capacity: 0)),
            400
        ),
        (
            Registration(
                id: id("a"), host: "::1", port: 1, incarnation: 0, mayStandIn: true, offer: WorkerOffer(capacity: 1001)),
            400
        ),
        (
            Registration(
                id: id("a"), host: "::1", port: 1, incarnation: 0, mayStandIn: true,
                offer: WorkerOffer(maximumRequests: -1)), 400
        ),
        (
            Registration(
                id: id("a"), host: "::1", port: 1, incarnation: 0, mayStandIn: true,
                offer: WorkerOffer(maximumRequests: 65_536)),
            400
        ),
    ]

    @Test(arguments: nonsense)
    func nonsenseIsRefused(registration: Registration, status: UInt16) {
        var balancer = BalancerConversation()
        let verdict = balancer.core.register(
            registration, peer: worker(registration.id.text), isHostCertified: true, now: at(0))
        guard case .refused(let refusal) = verdict else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.status == status)
        #expect(!refusal.mayRetry)
        #expect(!balancer.effects().contains { if case .fenced = $0 { true } else { false } })
    }

    @Test func theSameAgainIsNothingNew() {
        var balancer = BalancerConversation(with: [record(8001)])
        let version = balancer.core.snapshot.version
        guard case .connectBack(let ticket) = balancer.register(record(8001)) else {
            Issue.record("refused")
            return
        }
        #expect(balancer.core.isRoutable(id("worker-8001")), "it stays in the rotation meanwhile")
        let verdict = balancer.core.connectBackFinished(ticket, .sameNode, now: at(5))
        #expect(verdict == .admitted(balancer.core.snapshot))
        #expect(balancer.core.snapshot.version == version)
    }

    @Test func aLaterStartReplacesTheEarlierOnceProven() {
        var balancer = BalancerConversation(with: [record(8001)])
        guard case .connectBack(let ticket) = balancer.register(record(8001, incarnation: 2)) else {
            Issue.record("refused")
            return
        }
        #expect(balancer.core.snapshot.worker(id("worker-8001"))?.incarnation == 1)
        _ = balancer.core.connectBackFinished(ticket, .sameNode, now: at(5))
        #expect(balancer.core.snapshot.workers == [record(8001, incarnation: 2)])
        #expect(balancer.register(record(8001, incarnation: 1)) == .refused(.laterStartKnown(2)))
        var elsewhere = record(8001, incarnation: 1)
        elsewhere.port = 8050
        #expect(balancer.register(elsewhere) == .refused(.olderIncarnation))
    }

    @Test func aLaterStartMayMove() {
        var balancer = BalancerConversation(with: [record(8001)])
        var moved = record(8001, incarnation: 2)
        moved.port = 8050
        #expect(balancer.admit(moved) == .admitted(balancer.core.snapshot))
        #expect(balancer.core.snapshot.workers == [moved])
        var other = record(8002)
        other.port = 8001
        balancer.admit(other)
        #expect(balancer.core.snapshot.workers == [other, moved], "the old address is free again")
    }

    @Test func theSameStartAtAnotherAddressIsAnother() {
        var balancer = BalancerConversation(with: [record(8001)])
        var elsewhere = record(8001)
        elsewhere.port = 8050
        #expect(balancer.register(elsewhere) == .refused(.nameTaken))
    }

    @Test func aWorkerThatProvesAnAddressReplacesTheEarlierOne() {
        var balancer = BalancerConversation(with: [record(8001)])
        var successor = record(8009)
        successor.port = 8001
        #expect(
            balancer.admit(successor, .otherNode("worker-8001")) == .refused(.answeredBySomebodyElse("worker-8001")))
        #expect(balancer.core.snapshot.workers == [record(8001)])
        balancer.admit(successor)
        #expect(balancer.core.snapshot.workers == [successor])
        #expect(balancer.events().contains(.replaced(id("worker-8001"), by: id("worker-8009"))))
        #expect(balancer.watch(watch(record(8001))) == .registerAgain)
    }

    @Test func changesDuringTheConnectBackCount() {
        var balancer = BalancerConversation()
        guard case .connectBack(let ticket) = balancer.register(record(8001, incarnation: 1)) else {
            Issue.record("refused")
            return
        }
        balancer.admit(record(8001, incarnation: 2))
        #expect(balancer.core.connectBackFinished(ticket, .sameNode, now: at(9)) == .refused(.expired))
        #expect(balancer.core.snapshot.workers == [record(8001, incarnation: 2)])
    }

    @Test func aTicketCountsOnceAndNotForever() {
        var balancer = BalancerConversation()
        guard case .connectBack(let ticket) = balancer.register(record(8001)) else {
            Issue.record("refused")
            return
        }
        balancer.pass(milliseconds: 6000)
        #expect(balancer.core.connectBackFinished(ticket, .sameNode, now: balancer.now) == .refused(.expired))
        guard case .connectBack(let second) = balancer.register(record(8001)) else {
            Issue.record("refused")
            return
        }
        #expect(balancer.core.connectBackFinished(ticket, .sameNode, now: balancer.now) == .refused(.expired))
        #expect(balancer.core.connectBackFinished(second, .sameNode, now: balancer.now) != .refused(.expired))
        #expect(balancer.core.connectBackFinished(second, .sameNode, now: balancer.now) == .refused(.expired))
    }

    @Test func connectBacksAreBounded() {
        var settings = steadySettings()
        settings.maximumTickets = 4
        var balancer = BalancerConversation(settings: settings)
        for port in UInt16(8001)...8004 { _ = balancer.register(record(port)) }
        #expect(balancer.register(record(8005)) == .refused(.busy))
        for _ in 0..<300 { _ = balancer.register(record(8001)) }
        #expect(balancer.register(record(8001)) == .refused(.busy), "asking again and again is bounded too")
        balancer.pass(milliseconds: 6000)
        #expect(balancer.register(record(8005)) != .refused(.busy))
    }

    /// Admitted workers do not count in the limit of pending ones.
    @Test func manyJoinAtOnce() {
        var balancer = BalancerConversation(settings: steadySettings())
        for port in UInt16(10_000)..<12_000 {
            guard case .admitted = balancer.admit(record(port)) else {
                Issue.record("worker-\(port) is refused")
                return
            }
        }
        #expect(balancer.core.snapshot.workers.count == 2_000)
    }

    @Test func theRegistryIsBounded() {
        var settings = steadySettings()
        settings.maximumWorkers = 2
        var balancer = BalancerConversation(with: [record(8001), record(8002)], settings: settings)
        #expect(balancer.register(record(8003)) == .refused(.tooManyWorkers))
        #expect(balancer.admit(record(8002, incarnation: 2)) == .admitted(balancer.core.snapshot))
        var successor = record(8003)
        successor.port = 8001
        #expect(
            balancer.admit(successor) == .admitted(balancer.core.snapshot), "it takes a place that was there already")
        #expect(balancer.core.snapshot.workers.count == 2)
    }

    @Test func aWorkerThatHasMetALaterReignIsNotAMemberOfThisOne() {
        var balancer = BalancerConversation(epoch: Epoch(3))
        #expect(balancer.register(record(8001), seen: Epoch(3)) != .refused(.laterReignMet))
        #expect(balancer.register(record(8002), seen: Epoch(4)) == .refused(.laterReignMet))
        #expect(balancer.core.supersededBy == nil)
        #expect(balancer.effects().contains(.checkFence), "a claim makes it ask")
    }

    @Test func announcedCapacityCountsUpToTheBalancersBound() {
        var boaster = record(8001)
        boaster.offer.capacity = WorkerOffer.maximumCapacity
        var balancer = BalancerConversation()
        balancer.admit(boaster)
        #expect(balancer.core.hostEntries.map(\.offer.capacity) == [16])
        #expect(balancer.events().contains(.capacityBounded(boaster.id, announced: 1000, counted: 16)))
        balancer.admit(boaster)
        #expect(balancer.core.hostEntries.map(\.offer.capacity) == [16], "nor by saying it again")
    }

    @Test func aSnapshotIsInTheOrderOfSuccession() {
        var random = SeededGenerator(seed: 11)
        var balancer = BalancerConversation()
        var model: [WorkerRecord] = []
        for step in 0..<300 {
            let hosts = ["127.0.0.1", "10.0.0.7", "worker.example"]
            var record = record(UInt16(8001 + random.below(40)), incarnation: UInt64(step))
            record.host = hosts[Int(random.below(3))]
            if random.below(4) == 0 {
                guard let old = model.first(where: { $0.id == record.id }) else { continue }
                _ = balancer.core.leave(old.id, incarnation: old.incarnation, peer: worker(old.id.text), now: at(0))
                model.removeAll { $0.id == old.id }
            } else {
                balancer.admit(record)
                model.removeAll { $0.id == record.id || $0.hasAddress(of: record) }
                model.append(record)
            }
            #expect(balancer.core.snapshot.workers == model.sorted(by: WorkerRecord.precedes))
        }
    }
}
