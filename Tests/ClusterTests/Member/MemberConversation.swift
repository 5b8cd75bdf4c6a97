import Cluster

/// A worker under test, with short functions to talk to it. It is `worker-PORT` of a cluster of four on one machine.
struct MemberConversation {
    var core: MemberCore
    var now = at(0)

    static func snapshot(_ records: [WorkerRecord]) -> Snapshot {
        snapshot(epoch: 1, version: 5, records)
    }

    static func snapshot(epoch: UInt64 = 1, version: UInt64 = 5, _ records: [WorkerRecord]? = nil) -> Snapshot {
        let records = records ?? [record(8001), record(8002), record(8003), record(8004)]
        return Snapshot(epoch: Epoch(epoch), version: version, workers: records)
    }

    /// A worker that has just begun to register.
    init(
        _ port: UInt16, mayStandIn: Bool = true, disk: Snapshot? = nil, highestEpoch: Epoch = .none,
        knowsStateDirectory: Bool = true
    ) {
        core = MemberCore(
            record: record(port, mayStandIn: mayStandIn), settings: steadySettings(), snapshot: disk,
            highestEpoch: highestEpoch, knowsStateDirectory: knowsStateDirectory, seed: 3, now: at(0)
        )
        core.start(now: at(0))
    }

    /// The same with a given core.
    init(starting core: MemberCore) {
        self.core = core
        self.core.start(now: at(0))
    }

    /// A worker that is registered with the balancer of `snapshot`, without pending effects.
    init(member port: UInt16, of snapshot: Snapshot = MemberConversation.snapshot(), knowsStateDirectory: Bool = true) {
        self.init(port, knowsStateDirectory: knowsStateDirectory)
        core.registered(snapshot, settings: nil, now: now)
        _ = core.takeEffects()
    }

    /// Opens the worker's handover channel to the balancer, and drops the effects.
    mutating func attach(epoch: UInt64 = 1) {
        core.handoverReady(epoch: Epoch(epoch), now: now)
        _ = core.takeEffects()
    }

    mutating func effects() -> [MemberEffect] { core.takeEffects() }

    mutating func events() -> [MemberEvent] {
        core.takeEffects().compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    /// Advances the time timer by timer, and passes every effect to `answer`. Returns all effects with their instants.
    @discardableResult
    mutating func pass(
        milliseconds: Int64, answering answer: (inout MemberCore, MemberEffect, Instant) -> Void = { _, _, _ in }
    ) -> [(instant: Instant, effect: MemberEffect)] {
        var happened: [(instant: Instant, effect: MemberEffect)] = []
        let end = now.advanced(byMilliseconds: milliseconds)
        func drain() {
            var rounds = 0
            while rounds < 100 {
                let effects = core.takeEffects()
                if effects.isEmpty { return }
                rounds += 1
                for effect in effects {
                    happened.append((now, effect))
                    answer(&core, effect, now)
                }
            }
        }
        drain()
        while let next = core.nextDeadline, next <= end {
            now = max(now, next)
            core.tick(now: now)
            drain()
        }
        now = end
        return happened
    }
}

/// A balancer of this epoch that answers every watch and, if requested, every registration.
func answering(_ snapshot: Snapshot) -> (inout MemberCore, MemberEffect, Instant) -> Void {
    { core, effect, now in
        switch effect {
        case .watch: core.watchAnswered(epoch: snapshot.epoch, newer: nil, now: now)
        case .register: core.registered(snapshot, settings: nil, now: now)
        default: break
        }
    }
}

extension MemberEffect {
    var isWatch: Bool { if case .watch = self { true } else { false } }
    var isRegister: Bool { if case .register = self { true } else { false } }
    var isPrevote: Bool { if case .prevote = self { true } else { false } }
    var isTakeOver: Bool { if case .takeOver = self { true } else { false } }
}
