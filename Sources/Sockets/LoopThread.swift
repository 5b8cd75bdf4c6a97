private import CLinux
internal import Glibc

/// The thread of an event loop.
package final class LoopThread: @unchecked Sendable {
    private var thread = pthread_t()

    /// Starts a thread that runs `loop` until it stops. ps and perf show `name` (15 bytes).
    package init(running loop: EventLoop, name: String) throws(SystemError) {
        let start = Unmanaged.passRetained(Start(loop: loop, name: name))
        let mask = LoopThread.leaveSignalsToOthers()
        defer { LoopThread.restore(mask) }
        let code = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                clinux_set_thread_name(start.name)
                start.loop.run()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemError("pthread_create", code: code)
        }
    }

    /// Waits until the loop has returned.
    package func join() {
        pthread_join(thread, nil)
    }

    /// The thread frees itself when the loop has returned. Then nobody may join it.
    package func detach() {
        pthread_detach(thread)
    }

    /// Blocks the signals for an orderly end in the calling thread and its later threads. The main thread reads them
    /// from a descriptor, now or later.
    private static func leaveSignalsToOthers() -> sigset_t {
        var ours = sigset_t()
        var before = sigset_t()
        sigemptyset(&ours)
        for signal in [SIGHUP, SIGINT, SIGTERM] { sigaddset(&ours, signal) }
        pthread_sigmask(SIG_BLOCK, &ours, &before)
        return before
    }

    private static func restore(_ mask: sigset_t) {
        var mask = mask
        pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    private final class Start {
        let loop: EventLoop
        let name: String

        init(loop: EventLoop, name: String) {
            self.loop = loop
            self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        }
    }
}
