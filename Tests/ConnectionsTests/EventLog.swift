import Synchronization

/// Events in order. A loop writes them, and the test reads them.
final class EventLog: Sendable {
    private let events = Mutex<[String]>([])

    func add(_ event: String) { events.withLock { $0.append(event) } }

    var all: [String] { events.withLock { $0 } }

    func count(_ event: String) -> Int { all.count { $0 == event } }
}
