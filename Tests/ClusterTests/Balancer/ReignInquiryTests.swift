import Cluster
import Testing

/// A peer reports a later reign. The balancer asks, and believes only a balancer.
@Suite struct ReignInquiryTests {
    private static let far = BalancerAddress(host: "10.0.0.2", port: 7000)

    /// Every way in which a peer can claim an epoch, with the claimed address of its balancer.
    enum Claim: CaseIterable {
        case register, watch, discover, fencedRequest

        func make(_ epoch: Epoch, at address: BalancerAddress? = nil, to balancer: inout BalancerConversation) {
            let now = balancer.now
            switch self {
            case .register: _ = balancer.register(record(8002), seen: epoch)
            case .watch:
                var said = ClusterTests.watch(record(8001), seen: epoch)
                said.reignsAt = address
                _ = balancer.watch(said)
            case .discover:
                let request = DiscoveryRequest(epochSeen: epoch, reignsAt: address)
                _ = balancer.core.discover(request, peer: worker("worker-8001"), now: now)
            case .fencedRequest:
                balancer.core.epochRefused(by: id("worker-8001"), incarnation: 1, seen: epoch, at: address, now: now)
            }
        }
    }

    static let claimed: [Epoch] = [Epoch(2), Epoch(1 << 40), .leapCeiling, Epoch(1 << 62), Epoch(.max)]

    private static func member() -> WorkerRecord { record(8001, host: "10.0.0.1") }

    @Test(arguments: Claim.allCases, claimed) func noClaimEndsAReign(claim: Claim, epoch: Epoch) {
        var balancer = BalancerConversation(with: [Self.member()])
        for second in Int64(0)..<20 {
            balancer.now = at(second * 1000)
            balancer.core.tick(now: balancer.now)
            claim.make(epoch, to: &balancer)
            let effects = balancer.effects()
            #expect(!effects.contains { if case .fenced = $0 { true } else { false } })
            #expect(!effects.contains { if case .fenceLost = $0 { true } else { false } })
        }
        #expect(balancer.core.supersededBy == nil && balancer.core.epoch == Epoch(1))
        #expect(balancer.watch(watch(record(8001))) != .refused(.steppingDown))
    }

    @Test(arguments: Claim.allCases) func aClaimMakesTheBalancerAskItsCoordinatorAtOnce(claim: Claim) {
        var balancer = BalancerConversation(with: [Self.member()])
        claim.make(Epoch(2), to: &balancer)
        #expect(balancer.effects().contains(.checkFence))
        balancer.core.fenceChecked(.lost("another holds it"), now: balancer.now)
        #expect(balancer.effects() == [.fenceLost(reason: "another holds it")])
    }

    @Test(arguments: [Claim.watch, .discover, .fencedRequest]) func theBalancerAsksAtTheClaimedAddress(claim: Claim) {
        var balancer = BalancerConversation(with: [Self.member()])
        claim.make(Epoch(2), at: Self.far, to: &balancer)
        #expect(balancer.effects().contains(.seek([Self.far])))
    }

    @Test func aBalancerThatAnswersUnderAHigherEpochEndsTheReign() {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.core.reignFound(Epoch(1), at: Self.far, now: at(1))
        balancer.core.reignFound(.none, at: Self.far, now: at(1))
        #expect(balancer.effects().isEmpty)
        balancer.core.reignFound(Epoch(9), at: Self.far, now: at(2))
        #expect(balancer.effects() == [.fenced(Epoch(9)), .event(.fenced(Epoch(9)))])
        balancer.core.reignFound(Epoch(10), at: Self.far, now: at(3))
        #expect(balancer.effects().isEmpty, "once is enough")
        #expect(balancer.register(record(8003)) == .refused(.steppingDown))
        #expect(balancer.watch(watch(record(8001))) == .superseded(by: Epoch(9)))
    }

    @Test(arguments: [Epoch(Epoch(1).reach.value + 1), .leapCeiling, .ceiling, Epoch(.max)])
    func aBalancerWithAnAbsurdEpochIsNotBelieved(epoch: Epoch) {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.core.reignFound(epoch, at: Self.far, now: at(1))
        #expect(balancer.effects() == [.event(.absurdReign(epoch, at: Self.far))])
    }

    /// A claim costs its peer one small request. The number of questions is bounded, however many claims arrive.
    @Test func questionsAreBoundedWhateverTheClaims() {
        let hosts = (1...40).map { record(UInt16(8000 + $0)).living(in: $0) }
        var balancer = BalancerConversation(lockDomain: lockDomain("h1"))
        for member in hosts {
            balancer.admit(member)
            _ = balancer.core.standInShown(
                member.id, incarnation: 1, peer: identity(member.id.text, .balancer), now: at(0))
        }
        _ = balancer.effects()
        var asked: [(instant: Instant, addresses: [BalancerAddress])] = []
        for step in Int64(0)..<10_000 {
            let now = at(step * 10)
            balancer.now = now
            balancer.core.tick(now: now)
            for port in [8001, 8002] {
                let address = BalancerAddress(host: "10.9.\(step % 200).\(step % 7)", port: 1)
                let request = DiscoveryRequest(epochSeen: Epoch(99), reignsAt: address)
                _ = balancer.core.discover(request, peer: worker("worker-\(port)"), now: now)
            }
            for case .seek(let addresses) in balancer.effects() { asked.append((now, addresses)) }
        }
        #expect(asked.count <= 51 && asked.count >= 49)
        #expect(asked.allSatisfy { $0.addresses.count <= 4 })
        for number in 2...33 {
            let address = BalancerAddress(host: "10.0.0.\(number + 7)", port: 7000)
            #expect(asked.contains { $0.addresses.contains(address) }, "false places keep nobody out: \(address)")
        }
    }

    @Test func aClaimThatComesTooSoonIsAskedAboutLater() {
        var balancer = BalancerConversation(with: [Self.member()])
        Claim.discover.make(Epoch(2), at: Self.far, to: &balancer)
        _ = balancer.effects()
        balancer.now = at(100)
        Claim.discover.make(Epoch(2), at: BalancerAddress(host: "10.0.0.3", port: 7000), to: &balancer)
        #expect(!balancer.effects().contains { if case .seek = $0 { true } else { false } })
        balancer.core.tick(now: at(2000))
        #expect(
            balancer.effects().contains(.seek([BalancerAddress(host: "10.0.0.3", port: 7000)])),
            "a peer names one place")
    }

    @Test(arguments: ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"])
    func aPeerOfAnotherHostCanNameNoAddressOfThisHost(host: String) {
        var balancer = BalancerConversation(with: [Self.member()])
        Claim.discover.make(Epoch(2), at: BalancerAddress(host: host, port: 9000), to: &balancer)
        #expect(!balancer.effects().contains { if case .seek = $0 { true } else { false } })
        var local = BalancerConversation(with: [record(8001)])
        Claim.discover.make(Epoch(2), at: BalancerAddress(host: host, port: 7001), to: &local)
        #expect(local.effects().contains(.seek([BalancerAddress(host: host, port: 7001)])))
    }

    @Test func aWorkerThatRefusesRequestsFailsThem() {
        var balancer = BalancerConversation(with: [record(8001), record(8002), record(8003)])
        for _ in 0..<5 {
            balancer.core.epochRefused(by: id("worker-8001"), incarnation: 1, seen: .leapCeiling, now: at(1))
        }
        #expect(balancer.state(record(8001)) == .ejected, "a liar harms itself")
        #expect(balancer.state(record(8002)) == .ready)
        balancer.core.epochRefused(by: id("worker-8001"), incarnation: 9, seen: Epoch(2), now: at(2))
        balancer.core.epochRefused(by: id("worker-9999"), incarnation: 1, seen: Epoch(2), now: at(2))
    }
}
