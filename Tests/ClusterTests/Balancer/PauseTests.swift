import Cluster
import Foundation
import Testing

/// An operator's pause of new requests.
@Suite struct PauseTests {
    private static let noon: Int64 = 1_800_000_000_000

    private func successor(of balancer: BalancerConversation, at unixMilliseconds: Int64) -> BalancerCore {
        BalancerCore(
            epoch: Epoch(2), hints: balancer.core.snapshot, unixMilliseconds: unixMilliseconds, seed: 1, now: at(0))
    }

    @Test func aPauseLastsUntilTheOperatorEndsIt() {
        var balancer = BalancerConversation(with: [record(8001)])
        let version = balancer.core.snapshot.version
        #expect(balancer.core.resume() == .unchanged)
        #expect(balancer.core.pause(forMilliseconds: nil, unixMilliseconds: Self.noon, now: balancer.now) == .changed)
        #expect(balancer.core.pause(forMilliseconds: nil, unixMilliseconds: Self.noon, now: balancer.now) == .unchanged)
        #expect(balancer.core.snapshot.version == version + 1, "the workers get the list")
        balancer.pass(milliseconds: 200_000)
        #expect(balancer.core.pause != nil && balancer.core.pauseMilliseconds(now: balancer.now) == nil)
        #expect(balancer.core.isRoutable(id("worker-8001")), "probes and watches go on")
        #expect(balancer.core.resume() == .changed)
        #expect(balancer.core.snapshot.pause == nil && balancer.core.snapshot.version == version + 2)
        #expect(
            balancer.events().filter { $0 != .watchSilent(id("worker-8001")) } == [
                .paused(milliseconds: nil), .resumed(byOperator: true),
            ])
    }

    @Test func aPauseWithATimeEndsByItself() {
        var core = BalancerCore(epoch: Epoch(1), seed: 1, now: at(0))
        _ = core.takeEffects()
        #expect(core.pause(forMilliseconds: 700, unixMilliseconds: Self.noon, now: at(0)) == .changed)
        #expect(core.takeEffects().contains(.holdRequests(true)))
        #expect(core.pauseMilliseconds(now: at(600)) == 100)
        // A second order replaces the time.
        #expect(core.pause(forMilliseconds: 900, unixMilliseconds: Self.noon, now: at(600)) == .changed)
        _ = core.takeEffects()
        core.tick(now: at(1400))
        #expect(core.pause != nil && !core.takeEffects().contains(.holdRequests(false)))
        #expect(core.nextDeadline.map { $0 <= at(1500) } == true)
        core.tick(now: at(1500))
        #expect(core.pause == nil)
        let effects = core.takeEffects()
        #expect(effects.contains(.holdRequests(false)))
        #expect(effects.contains(.event(.resumed(byOperator: false))))
    }

    @Test(arguments: [(0, 30_000), (10_000, 20_000), (29_999, 1), (30_000, nil), (90_000, nil), (-500_000, 30_000)])
    func aSuccessorKeepsTheRest(elapsed: Int64, rest: Int64?) {
        var balancer = BalancerConversation(with: [record(8001)])
        _ = balancer.core.pause(forMilliseconds: 30_000, unixMilliseconds: Self.noon, now: balancer.now)
        var core = successor(of: balancer, at: Self.noon + elapsed)
        #expect(core.pauseMilliseconds(now: at(0)) == rest)
        #expect((core.pause != nil) == (rest != nil))
        #expect(core.takeEffects().contains(.holdRequests(true)) == (rest != nil))
        // A third balancer reckons from the same end.
        let third = BalancerCore(
            epoch: Epoch(3), hints: core.snapshot, unixMilliseconds: Self.noon + max(elapsed, 0) + 1, seed: 1,
            now: at(0))
        #expect((third.pauseMilliseconds(now: at(0)) ?? 0) < 30_000)
    }

    @Test func aSuccessorKeepsAPauseWithoutATime() {
        var balancer = BalancerConversation(with: [record(8001)])
        _ = balancer.core.pause(forMilliseconds: nil, unixMilliseconds: Self.noon, now: balancer.now)
        let core = successor(of: balancer, at: Self.noon + 1_000_000)
        #expect(core.pause != nil && core.pauseMilliseconds(now: at(0)) == nil)
    }

    @Test func numbersOutOfRangeAreBounded() throws {
        let text =
            #"{"epoch":1,"version":1,"workers":[],"pause":{"ends_unix_ms":9223372036854775807,"for_ms":9223372036854775807}}"#
        let snapshot = try JSONDecoder().decode(Snapshot.self, from: Data(text.utf8))
        for now in [Int64.min, -1, 0, Int64.max] {
            let core = BalancerCore(epoch: Epoch(2), hints: snapshot, unixMilliseconds: now, seed: 1, now: at(0))
            #expect((core.pauseMilliseconds(now: at(0)) ?? 0) <= Pause.longestMilliseconds)
        }
        #expect(Pause(forMilliseconds: .max, unixMilliseconds: .max).milliseconds == Pause.longestMilliseconds)
    }

    /// A list of an earlier version.
    @Test func aListWithoutAPauseIsUnderstood() throws {
        let text = #"{"epoch":1,"version":1,"workers":[]}"#
        #expect(try JSONDecoder().decode(Snapshot.self, from: Data(text.utf8)).pause == nil)
    }

    @Test func aPastBalancerTakesNoOrder() {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.core.fenceChecked(.lost("gone"), now: balancer.now)
        #expect(balancer.core.pause(forMilliseconds: 5, unixMilliseconds: Self.noon, now: balancer.now) == .over)
        #expect(balancer.core.resume() == .over)
    }
}
