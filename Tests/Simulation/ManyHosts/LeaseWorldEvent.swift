import Cluster

/// An event in a world of many hosts with a store.
enum LeaseWorldEvent {
    /// The sender of a call, with the number of the call.
    enum Caller {
        case process(Int, number: UInt64)
        case worker(host: Int, number: UInt64)
    }

    // MARK: Processes

    case processTimer(Int, number: Int)
    /// The second's check of the reign.
    case check(Int)
    /// The loops of a process have stopped accepting.
    case acceptingStopped(Int)
    case hookEnded(Int)
    /// Every worker of the host says that it ends.
    case workersLeave(Int)
    case resume(Int)
    case start(host: Int, isByHand: Bool)
    case workerTimer(host: Int, number: Int)
    /// The watch of a worker reports a change, or its end.
    case watchReports(host: Int, number: Int)
    case watchEnds(host: Int, number: Int)

    // MARK: Pledges

    case pledgeAsked(PledgeRequest, host: Int, by: Int, round: UInt64)
    case pledgeArrives(Int, LockDomain, round: UInt64)

    // MARK: The store

    /// `era` counts the replacements of the store's data. No call outlives its store.
    case callArrives(StoreCall, member: Int, from: Caller, era: Int)
    case answerArrives(StoreAnswer, to: Caller)
    /// A change happens although its client has no answer.
    case catchUp(StoreCall, from: Caller, era: Int)
    case expiry
    case elect
    case learn(member: Int)
    case resign(member: Int)
    /// A past leader of the store has woken, and wants a lease to end.
    case pastLeaderEnds(Int64, era: Int)

    // MARK: Faults

    case fault
    case mend(Mending)
    case hostStarts(Int)
    case operatorLooks
    case inspect

    /// The end of a fault.
    enum Mending {
        case memberReturns(Int)
        case memberThaws(Int)
        case memberRejoins(Int)
        case memberReplaced(Int)
        case storeReturns
        case path(host: Int, member: Int)
        case hosts(Int, Int)
        case quota
    }
}
