import Synchronization

/// What happened, in order; written on a loop, read by the test.
final class EventLog: Sendable {
    private let events = Mutex<[String]>([])

    func add(_ event: String) { events.withLock { $0.append(event) } }

    var all: [String] { events.withLock { $0 } }

    func count(_ event: String) -> Int { all.count { $0 == event } }
}
