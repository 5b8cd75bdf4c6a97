internal import Cluster
internal import Sockets

/// How many probes may need a connection of their own at the same time; the others wait, first come, first served.
///
/// When many workers have lost their connections at once, a handshake with each of them at the same moment would take longer than a probe
/// may, all would fail, and begin anew.
final class ProbePlaces: EventSource {
    /// Each costs a millisecond or two of the control loop: so many are done before a probe runs out of time.
    private static let count = 256

    /// A host that is not reached in this time costs the loop nothing: its place is another's then.
    private static let milliseconds = 250

    /// Given back when nobody holds it any more: when the probe has ended in whatever way, or was forgotten. And before, when the host is
    /// not reached. A handshake that is under way holds it for as long as it takes, or ever more of them would make each other late.
    final class Place {
        /// Whether the host has been reached.
        var isReached: () -> Bool = { false }

        private let timer: LoopTimer
        /// Nil once it has been given back.
        private var places: ProbePlaces?

        fileprivate init(of places: ProbePlaces) {
            self.places = places
            places.taken += 1
            timer = LoopTimer(on: places.loop)
            timer.action = { [unowned self] in if !isReached() { giveBack() } }
            timer.set(afterMilliseconds: ProbePlaces.milliseconds)
        }

        deinit {
            timer.remove()
            giveBack()
        }

        private func giveBack() {
            places.take()?.givenBack()
        }
    }

    /// Called for each that has waited, when there is a place for it.
    var onPlace: (WorkerRecord, Place) -> Void = { _, _ in }

    private let loop: EventLoop
    private var taken = 0
    private var waiting = FIFO<WorkerRecord>()

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Calls `onPlace` for the record, now or as soon as there is a place.
    func take(for record: WorkerRecord) {
        if taken < ProbePlaces.count && waiting.isEmpty {
            onPlace(record, Place(of: self))
        } else {
            waiting.append(record)
        }
    }

    private func givenBack() {
        taken -= 1
        if !waiting.isEmpty { loop.callAtEndOfTurn(self) }
    }

    override func endOfTurn() {
        while taken < ProbePlaces.count, let record = waiting.popFirst() { onPlace(record, Place(of: self)) }
    }
}
