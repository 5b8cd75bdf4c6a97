@testable import Cluster

/// A balancer process under test. Each call feeds one event and returns the effects.
final class ReignConversation {
    var reign = Reign(timing: ReignConversation.timing)
    var now = at(0)

    private static var timing: ReignTiming {
        var timing = ReignTiming()
        timing.attempts = 3
        return timing
    }

    func copy() -> ReignConversation {
        let copy = ReignConversation()
        copy.reign = reign
        copy.now = now
        return copy
    }

    func feed(_ event: ReignEvent) -> [ReignEffect] {
        reign.feed(event, now: now)
        return reign.takeEffects()
    }

    /// Lets the time pass until the next deadline; nil when there is none.
    func tick() -> [ReignEffect]? {
        guard let deadline = reign.nextDeadline else { return nil }
        now = deadline
        return feed(.tick)
    }

    /// A parked standby that holds the listeners.
    static func parked() -> ReignConversation {
        let process = ReignConversation()
        _ = process.feed(.startedAsStandby)
        _ = process.feed(.handoverReceived(hasListeners: true))
        _ = process.feed(.prepared)
        return process
    }

    /// A balancer that an operator has started, under epoch 5.
    static func reigning() -> ReignConversation {
        let process = ReignConversation()
        _ = process.feed(.startedByOperator(addresses: [], known: Epoch(4)))
        _ = process.feed(.prepared)
        _ = process.feed(.coordinator(.granted(Epoch(5))))
        _ = process.feed(.bound)
        _ = process.feed(.served)
        return process
    }

    /// A replacement that has asked for the lock.
    static func replacement() -> ReignConversation {
        let process = ReignConversation()
        _ = process.feed(.startedAsReplacement)
        _ = process.feed(.handoverReceived(hasListeners: true))
        _ = process.feed(.prepared)
        _ = process.feed(.warmedUp)
        return process
    }
}
