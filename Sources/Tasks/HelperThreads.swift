private import Glibc
private import Synchronization

/// A few threads that do what may block or takes long, one job after the other.
///
/// They take no signals: those belong to the threads that wait for them, and a write beyond the file size limit is to
/// fail with EFBIG instead of killing the process with SIGXFSZ.
final class HelperThreads: Sendable {
    private let queue = JobQueue()
    private let threads: Mutex<[pthread_t]>

    /// - Parameter count: clamped to 1 ... 64.
    init(count: Int) {
        var started: [pthread_t] = []
        var blocked = sigset_t()
        var before = sigset_t()
        sigfillset(&blocked)
        // A crash must still be seen by whoever reports crashes.
        for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] { sigdelset(&blocked, signal) }
        pthread_sigmask(SIG_SETMASK, &blocked, &before)
        for _ in 0..<min(max(count, 1), 64) {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(queue)
            let code = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    let queue = Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue()
                    while let job = queue.next() { job() }
                    return nil
                }, context.toOpaque())
            if code == 0 {
                started.append(thread)
            } else {
                context.release()
            }
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        // Without a single thread nothing would ever be answered: refuse everything instead.
        if started.isEmpty { queue.stop() }
        threads = Mutex(started)
    }

    deinit {
        queue.stop()
        threads.withLock { threads in
            for thread in threads { pthread_detach(thread) }
        }
    }

    /// Does `job` on one of the threads, after those that came before it.
    ///
    /// - Returns: false after `stop`; the job is then dropped.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool { queue.add(job) }

    /// Takes no more jobs and waits until those that are there are done. Blocks: not for a loop's thread.
    func stop() {
        queue.stop()
        let joined = threads.withLock { threads in
            let taken = threads
            threads = []
            return taken
        }
        for thread in joined { pthread_join(thread, nil) }
    }
}
