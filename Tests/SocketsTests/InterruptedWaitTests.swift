import Foundation
import Glibc
import Sockets
import TestSupport
import Testing

/// The state of the signal handler: a handler can capture nothing.
private nonisolated(unsafe) var interruption = (peer: Int32(-1), deadline: UInt64(0), beganInTime: false)

/// A loop whose process is stopped while it waits: SIGSTOP and SIGCONT, a debugger, a frozen cgroup, a suspended host. In
/// each case epoll_wait(2) ends with EINTR, long after the time when the loop began to wait.
@Suite(.timeLimit(.minutes(5))) struct InterruptedWaitTests {
    private final class Receiver: EventSource {
        let socket: FileDescriptor
        var onInput: () -> Void = {}

        init(_ socket: consuming FileDescriptor) { self.socket = socket }

        override func ready(_ readiness: Readiness) {
            var byte: UInt8 = 0
            if read(socket.rawValue, &byte, 1) == 1 { onInput() }
        }
    }

    private final class Log {
        var entries: [String] = []
    }

    /// The loop of a balancer that was paused fired all timers of its probes first. So an idle balancer took every worker for
    /// dead whose answer had arrived during the pause.
    @Test func `A timer that came due while the process was stopped waits for the input that came meanwhile`() throws {
        let wait = try WaitingLoop()
        defer { wait.end() }
        // A slow machine may deliver the signal only after the deadline. Then the wait is longer.
        var milliseconds = 100
        while try !wait.isInterrupted(forMilliseconds: milliseconds), milliseconds < 30_000 { milliseconds *= 2 }
        #expect(wait.entries == ["input", "timer"])
    }

    /// A loop on its own thread, with a timer and a source.
    private final class WaitingLoop {
        private let thread: TestLoop
        private let log = Log()
        private let receiver: Receiver
        private let peer: Int32
        private let timer: LoopTimer
        private let place: (thread: pthread_t, folder: String?)

        var entries: [String] { thread.onLoop { [log] in log.entries } }

        init() throws {
            thread = try TestLoop()
            let pair = try Socket.pair()
            peer = dup(pair.theirs.rawValue)
            receiver = Receiver(pair.takeOurs())
            timer = LoopTimer(on: thread.loop)
            place = thread.onLoop {
                // Threads of the test runner, and those that they start, block most signals.
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGUSR2)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                return (pthread_self(), try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self"))
            }
            try thread.onLoop { [log, receiver, timer, loop = thread.loop] in
                receiver.onInput = { log.entries.append("input") }
                timer.action = { log.entries.append("timer") }
                return Result { try loop.watch(receiver, descriptor: receiver.socket.rawValue, for: .readable) }
            }.get()
        }

        func end() {
            thread.onLoop { [receiver, timer, loop = thread.loop] in
                timer.remove()
                loop.unwatch(receiver)
            }
            thread.stop()
            close(peer)
        }

        /// Interrupts the wait for a timer. The interruption ends after the deadline of the timer, and the input comes
        /// during it.
        ///
        /// - Returns: false if the interruption came too late.
        func isInterrupted(forMilliseconds milliseconds: Int) throws -> Bool {
            interruption = (peer, 0, false)
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in
                interruption.beganInTime = Clock.monotonicNanoseconds() < interruption.deadline
                while Clock.monotonicNanoseconds() <= interruption.deadline {}
                var byte: UInt8 = 1
                _ = write(interruption.peer, &byte, 1)
            }
            var former = sigaction()
            try SystemError.check("sigaction", sigaction(SIGUSR2, &action, &former))
            defer { sigaction(SIGUSR2, &former, nil) }
            interruption.deadline = thread.onLoop { [log, timer] in
                log.entries = []
                timer.set(at: Clock.monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000)
                return timer.deadline
            }
            while try !isWaiting() { sched_yield() }
            pthread_kill(place.thread, SIGUSR2)
            let log = log
            try #require(thread.eventually { log.entries.count == 2 })
            return interruption.beganInTime
        }

        /// Returns whether the thread sleeps in a system call (proc_pid_stat(5)).
        private func isWaiting() throws -> Bool {
            let folder = try #require(place.folder)
            let stat = try String(contentsOfFile: "/proc/\(folder)/stat", encoding: .utf8)
            return stat.split(separator: ")").last?.hasPrefix(" S") == true
        }
    }
}
