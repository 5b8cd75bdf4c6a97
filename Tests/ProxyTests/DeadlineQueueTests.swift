import Sockets
import TestSupport
import Testing

@testable import Proxy

@Suite(.timeLimit(.minutes(5))) struct DeadlineQueueTests {
    /// A queue on a loop of its own, and the entries that it has given up.
    private final class Harness {
        let thread: TestLoop
        /// Belongs to the loop's thread, as `expired` does.
        let queue: DeadlineQueue<Int>
        private(set) var expired: [Int] = []

        init(milliseconds: Int = 60_000) throws {
            thread = try TestLoop()
            let loop = thread.loop
            queue = thread.onLoop { DeadlineQueue<Int>(loop: loop, milliseconds: milliseconds) }
            queue.onExpiry = { [unowned self] in expired.append($0) }
        }

        deinit { thread.stop() }

        func onLoop<Value>(_ body: @escaping (DeadlineQueue<Int>) -> Value) -> Value {
            let queue = self.queue
            return thread.onLoop { body(queue) }
        }

        func expires(_ entries: [Int]) -> Bool { thread.eventually { self.expired == entries } }
    }

    @Test func entriesLeaveOldestFirst() throws {
        let harness = try Harness()
        harness.onLoop { queue in
            let places = (0..<6).map { queue.append($0) }
            #expect(queue.remove(places[0]) == 0)
            #expect(queue.remove(places[3]) == 3)
            #expect(queue.removeFirst { $0 > 1 } == 2)
            #expect(queue.removeFirst { $0 > 9 } == nil)
            #expect(queue.count == 3)
            #expect(
                [queue.removeFirst(), queue.removeFirst(), queue.removeFirst(), queue.removeFirst()] == [1, 4, 5, nil])
        }
        #expect(harness.onLoop { $0.count } == 0)
    }

    @Test func entriesExpireInTheOrderOfTheirDeadlines() throws {
        let harness = try Harness()
        harness.onLoop { queue in
            for entry in 0..<3 { _ = queue.append(entry) }
            // A shorter time holds for new entries alone, and they expire before the older ones.
            queue.milliseconds = 2
            _ = queue.append(4)
            let place = queue.append(5)
            queue.milliseconds = 1
            _ = queue.append(3)
            _ = queue.remove(place)
        }
        #expect(harness.expires([3, 4]))
        #expect(harness.onLoop { $0.removeFirst() } == 0)
        harness.onLoop { queue in _ = queue.append(6) }
        #expect(harness.expires([3, 4, 6]))
        #expect(harness.onLoop { $0.count } == 2)
    }
}
