internal import Connections
internal import Sockets

/// Requests of one loop that wait for an event, each until its deadline. The event takes them out, oldest first.
final class DeadlineQueue<Entry> {
    /// The position of an entry. It is valid until the entry has left.
    typealias Place = Int

    private struct Waiting {
        let entry: Entry
        let deadline: UInt64
    }

    /// The time for which a new entry waits.
    var milliseconds: Int
    /// Called with an entry that has left at its deadline. The owner must not be captured strongly.
    var onExpiry: (Entry) -> Void = { _ in }
    private let loop: EventLoop
    private let timer: LoopTimer
    /// In the order of their deadlines. After a change of the time an entry may expire before an older one.
    private var waiting = AgeList<Waiting>()

    init(loop: EventLoop, milliseconds: Int) {
        self.loop = loop
        self.milliseconds = milliseconds
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in expire() }
    }

    var count: Int { waiting.count }

    func append(_ entry: Entry) -> Place {
        let deadline = loop.now &+ UInt64(milliseconds) &* 1_000_000
        let place = waiting.insert(Waiting(entry: entry, deadline: deadline), behindLast: { $0.deadline <= deadline })
        if waiting.first?.deadline == deadline { timer.set(at: deadline) }
        return place
    }

    func remove(_ place: Place) -> Entry { waiting.remove(place).entry }

    func removeFirst() -> Entry? { waiting.removeOldest()?.entry }

    /// Removes the first entry for which `isWanted` is true.
    func removeFirst(where isWanted: (Entry) -> Bool) -> Entry? { waiting.removeFirst { isWanted($0.entry) }?.entry }

    private func expire() {
        while let first = waiting.first, first.deadline <= loop.now {
            _ = waiting.removeOldest()
            onExpiry(first.entry)
        }
        if let first = waiting.first { timer.set(at: first.deadline) }
    }
}
