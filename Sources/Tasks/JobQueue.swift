private import Glibc

/// Jobs in the order of their coming, given out to the threads that wait for them.
///
/// A monitor: every field is touched with `mutex` held. It has no bound of its own: who adds jobs bounds them.
final class JobQueue: @unchecked Sendable {
    typealias Job = @Sendable () -> Void

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    /// The first job of `jobs` that was not given out yet.
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

    /// - Returns: false after `stop`; the job is then dropped.
    func add(_ job: @escaping Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isStopped else { return false }
        jobs.append(job)
        pthread_cond_signal(condition)
        return true
    }

    /// Waits for the next job; nil when the queue was stopped and is empty.
    func next() -> Job? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while first == jobs.count {
            if isStopped { return nil }
            pthread_cond_wait(condition, mutex)
        }
        let job = jobs[first]
        first += 1
        // Moving the rest to the front costs as much as was given out since: constant time a job.
        if first * 2 >= jobs.count {
            jobs.removeFirst(first)
            first = 0
        }
        return job
    }

    /// Takes no more jobs; those that are there are still given out.
    func stop() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isStopped = true
        pthread_cond_broadcast(condition)
    }
}
