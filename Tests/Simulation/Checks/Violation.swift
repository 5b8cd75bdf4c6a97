/// What must be true after every event.
package enum Invariant: String, CaseIterable, Sendable {
    case oneAcceptor = "at most one balancer accepts on a host"
    case epochOnce = "no epoch is granted twice, and every epoch is above those before"
    case epochDurable = "an epoch that was granted stays granted, whenever the host stops"
    case obedience = "no worker obeys an epoch below the highest that it has seen"
    case noStepBack = "epoch, version and incarnation never go back"
    case liveness = "while somebody able is stable, somebody accepts"
    case noneEvicted = "nothing is sent to a worker that is not in the registry or not routable"
    case proven = "nothing is sent to a worker that this balancer has not found well"
    case identity = "nobody is in the registry but the one who runs at that address"
    case neverTwice = "a request that is not idempotent reaches at most one worker"
    case fewAttempts = "a request is sent at most three times, and never again once it was answered"
    case steppedDown = "a balancer that has been shown a higher epoch accepts no more"
    case fenceKept = "a balancer that has lost its fence, and could have asked, accepts no more"
    case selfDoubt = "soft evidence never ejects the last worker, nor more than half at once"
    case asked = "nobody kills a balancer on suspicion without asking the others, nor against them"
    case healthySpared = "nobody kills a balancer that is well in calm weather"
    case neighbours = "nobody brings back a balancer of another home who may not, or kills one"
    case quorum = "a balancer of another home is brought back with a majority from two homes, or without an objection"
    case pledged = "nobody supports two candidates of other homes at a time"
    case graced = "other homes leave the balancer's own home its time"
    case laterTerm = "a balancer that follows one of another home reigns under a later term"
    case recovery = "when the faults are over, everything is well again"
}

package struct Violation: CustomStringConvertible, Sendable {
    package let invariant: Invariant
    package let detail: String

    package var description: String { "[\(invariant)] \(invariant.rawValue): \(detail)" }
}
