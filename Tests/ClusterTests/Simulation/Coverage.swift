/// What a history has been through. A simulation in which nothing happens proves nothing.
struct Coverage {
    var takeovers = 0
    var lostRaces = 0
    var killedHolders = 0
    var prevotes = 0
    var objections = 0
    var fencedRequests = 0
    var stepDowns = 0
    var refusedIntruders = 0
    /// After the faults: until a balancer has somebody to send requests to, and until everybody is ready in it.
    var slowestServiceMilliseconds: Int64 = 0
    var slowestRecoveryMilliseconds: Int64 = 0

    mutating func add(_ other: Coverage) {
        takeovers += other.takeovers
        lostRaces += other.lostRaces
        killedHolders += other.killedHolders
        prevotes += other.prevotes
        objections += other.objections
        fencedRequests += other.fencedRequests
        stepDowns += other.stepDowns
        refusedIntruders += other.refusedIntruders
        slowestServiceMilliseconds = max(slowestServiceMilliseconds, other.slowestServiceMilliseconds)
        slowestRecoveryMilliseconds = max(slowestRecoveryMilliseconds, other.slowestRecoveryMilliseconds)
    }
}
