private import Glibc
private import Synchronization

/// A few threads that run blocking or long jobs, each thread one job after another.
///
/// The threads block signals, so signals go to the threads that wait for them. A write beyond the file size limit then
/// fails with EFBIG; an unblocked SIGXFSZ would end the process.
final class HelperThreads: Sendable {
    private let queue = JobQueue()
    private let threads: Mutex<[pthread_t]>

    /// - Parameter count: clamped to 1 ... 64.
    init(count: Int) {
        var started: [pthread_t] = []
        var blocked = sigset_t()
        var before = sigset_t()
        sigfillset(&blocked)
        // A crash in a helper thread must still reach a crash reporter.
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
        // Without threads, no job would run and no request would be answered. So the queue rejects every job.
        if started.isEmpty { queue.stop() }
        threads = Mutex(started)
    }

    deinit {
        queue.stop()
        threads.withLock { threads in
            for thread in threads { pthread_detach(thread) }
        }
    }

    /// Runs `job` on one of the threads, after the jobs that were added before.
    ///
    /// - Returns: false after `stop`; the job then does not run.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool { queue.add(job) }

    /// Rejects new jobs and waits until all accepted jobs are done. Blocks: do not call it on an event loop's thread.
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
