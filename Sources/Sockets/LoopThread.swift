private import CLinux
internal import Glibc

/// The thread that an event loop runs on.
package final class LoopThread: @unchecked Sendable {
    private var thread = pthread_t()

    /// Starts a thread that runs `loop` until it is stopped. `name` shows in ps and perf (15 bytes).
    package init(running loop: EventLoop, name: String) throws(SystemError) {
        let start = Unmanaged.passRetained(Start(loop: loop, name: name))
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

    private final class Start {
        let loop: EventLoop
        let name: String

        init(loop: EventLoop, name: String) {
            self.loop = loop
            self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        }
    }
}
