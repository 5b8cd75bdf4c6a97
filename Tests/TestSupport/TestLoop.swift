private import Foundation
package import Sockets

/// An event loop that turns on a thread of its own, from `init` to `stop`.
package final class TestLoop: Sendable {
    package let loop: EventLoop
    private let ended = DispatchSemaphore(value: 0)

    package init() throws {
        let loop = try EventLoop()
        self.loop = loop
        Thread { [ended] in
            loop.run()
            ended.signal()
        }.start()
    }

    /// Runs `body` on the loop's thread and waits for it. Not from that thread, and not after `stop`.
    package func onLoop<Value>(_ body: @escaping () -> Value) -> Value {
        let done = DispatchSemaphore(value: 0)
        // Crossing threads is safe here: this one waits until the other has finished with it.
        nonisolated(unsafe) let body = body
        nonisolated(unsafe) var result: Value?
        loop.post {
            result = body()
            done.signal()
        }
        done.wait()
        guard let result else { preconditionFailure("the loop did not run what was posted") }
        return result
    }

    /// Ends the loop and waits for its thread. What still belongs to the loop is left as it is.
    package func stop() {
        loop.stop()
        ended.wait()
    }

    /// Whether `condition`, asked on the loop again and again, becomes true before the deadline.
    package func eventually(withinSeconds limit: Double = 20, _ condition: @escaping () -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: limit)
        while !onLoop(condition) {
            if Date() > deadline { return false }
        }
        return true
    }
}
