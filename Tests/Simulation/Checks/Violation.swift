import Cluster

/// A law of the cluster. The simulation checks all laws after every event.
package enum Invariant: String, CaseIterable, Sendable {
    case fenceOrder = "a balancer accepts only with the fence, and releases the fence only after it stops"
    case oneAcceptor = "at most one balancer accepts on a host"
    case epochOnce = "no epoch is granted twice, and each epoch is above the earlier ones"
    case epochDurable = "a crash of the host at any time undoes no granted epoch"
    case obedience = "no worker obeys an epoch below the highest epoch that the worker has seen"
    case noStepBack = "epochs, versions and incarnations never decrease"
    case liveness = "while a worker that may stand in is stable, a balancer accepts"
    case noneDropped = "no request is sent to a worker that is not in the registry or not routable"
    case proven = "no request is sent to a worker that this balancer has not verified"
    case identity = "each entry of the registry names the worker that runs at the entry's address"
    case neverTwice = "a request that is not idempotent reaches at most one worker"
    case fewAttempts = "a request is sent at most three times, and not again after its response"
    case stopsWhenFenced = "a balancer stops accepting after an answer of a later balancer"
    case claims = "no claim ends a reign, raises an epoch or permits a worker to stand in"
    case fenceKept = "a balancer that can know of the loss of its fence stops accepting"
    case selfDoubt = "soft evidence never takes out the last worker, or more than half of the workers together"
    case asked = "no worker kills a suspected balancer without a vote, or against a vote"
    case healthySpared = "no worker kills a healthy balancer while there are no faults"
    case livingSpared = "no worker kills a balancer that has just given a sign of life"
    case neighbours = "no worker replaces another host's balancer without permission, or kills it"
    case quorum = "a takeover across hosts needs a majority on two hosts, or no objection"
    case pledged = "no worker supports two candidates of other lock domains at a time"
    case graced = "workers of other lock domains act only after the grace time"
    case laterTerm = "a balancer that follows one of another lock domain reigns under a later term"
    case oneAcceptorOfAll = "at most one balancer accepts on all hosts together"
    case reignBeforeKey = "a reign ends before another host can get the leader key"
    case filledByHolder = "only the present holder or a person fills an empty store"
    case steadfast = "a fault of the store that the policy bridges ends no reign"
    case releaseOrder = "the command of a release runs before the lease is given back"
    case recovery = "after the faults, the whole cluster becomes healthy again"
}

/// One violation of an invariant.
package struct Violation: CustomStringConvertible, Sendable {
    package let invariant: Invariant
    package let detail: String

    package var description: String { "[\(invariant)] \(invariant.rawValue): \(detail)" }
}
