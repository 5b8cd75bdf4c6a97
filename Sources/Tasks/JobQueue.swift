private import Glibc

/// A first-in, first-out queue of jobs for waiting threads.
///
/// The queue is a monitor: code holds `mutex` when it uses a field. The queue has no bound; the callers that add jobs
/// bound their number.
final class JobQueue: @unchecked Sendable {
    typealias Job = @Sendable () -> Void

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    /// Index of the first job in `jobs` that no thread has taken yet.
    private var first = 0
    private var isStopped = false

    init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// - Returns: false after `stop`; the job then does not run.
    func add(_ job: @escaping Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isStopped else { return false }
        jobs.append(job)
        pthread_cond_signal(condition)
        return true
    }

    /// Waits for the next job; nil if the queue is stopped and empty.
    func next() -> Job? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while first == jobs.count {
            if isStopped { return nil }
            pthread_cond_wait(condition, mutex)
        }
        let job = jobs[first]
        first += 1
        // Moving the remaining jobs costs no more than the jobs taken since the last move: constant time per job.
        if first * 2 >= jobs.count {
            jobs.removeFirst(first)
            first = 0
        }
        return job
    }

    /// Rejects new jobs. Threads still take the remaining jobs.
    func stop() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isStopped = true
        pthread_cond_broadcast(condition)
    }
}
