/// The answers to one prevote.
struct Ballot: Sendable, Equatable {
    /// Asked, and not heard of yet.
    var silent: Set<NodeID> = []
    private(set) var agreed = 0
    private(set) var objected = 0

    init() {}

    init(asking electors: [WorkerRecord]) {
        silent = Set(electors.map(\.id))
    }

    mutating func count(_ answer: PrevoteAnswer) {
        if answer.agrees {
            agreed += 1
        } else {
            objected += 1
        }
    }

    /// More than half of those who answered must agree. Where nobody answers, nobody objects.
    var isCarried: Bool {
        agreed > objected || (agreed == 0 && objected == 0)
    }
}
