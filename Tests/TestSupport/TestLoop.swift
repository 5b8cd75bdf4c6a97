private import Foundation
package import Sockets

/// An event loop that runs on a thread of its own, from `init` to `stop`.
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

    /// Runs `body` on the loop's thread and waits for its result. Do not call it on that thread or after `stop`.
    package func onLoop<Value>(_ body: @escaping () -> Value) -> Value {
        let done = DispatchSemaphore(value: 0)
        // Sharing these values between threads is safe: this thread waits until the loop's thread has finished.
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

    /// Ends the loop and waits for its thread. The loop's remaining sources stay open.
    package func stop() {
        loop.stop()
        ended.wait()
    }

    /// True if `condition` becomes true before the deadline. The loop's thread evaluates the condition repeatedly: at first
    /// without a pause, then every millisecond, because the other tests need the processors too.
    package func eventually(
        withinSeconds limit: Double = Double(RawSocket.patienceSeconds), _ condition: @escaping () -> Bool
    ) -> Bool {
        let deadline = Date(timeIntervalSinceNow: limit)
        var checks = 0
        while !onLoop(condition) {
            if Date() > deadline { return false }
            checks += 1
            if checks > 20 { usleep(1000) }
        }
        return true
    }
}
