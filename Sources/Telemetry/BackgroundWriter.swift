private import Glibc
internal import Sockets
private import Synchronization

/// A bounded queue of lines to a thread of its own. The thread may block on a slow disk or reader, and no loop waits
/// for it.
///
/// Lines beyond the bound are dropped and counted.
final class BackgroundWriter: @unchecked Sendable {
    private let maximumWaiting: Int
    private let loop: EventLoop
    private var thread: LoopThread?
    private let put: ([UInt8]) -> Void
    /// The bytes that wait or are being written. The address is fixed, so that a signal handler can read them.
    private let waiting: UnsafeMutablePointer<Atomic<Int>>
    private let dropped = Atomic<Int>(0)

    /// Starts the thread, which lives as long as the process.
    ///
    /// - Parameters:
    ///   - name: the name of the thread, at most 15 bytes.
    ///   - maximumWaiting: in bytes.
    ///   - put: called on the thread with each batch.
    init(name: String, maximumWaiting: Int, put: @escaping ([UInt8]) -> Void) throws(SystemError) {
        self.maximumWaiting = maximumWaiting
        self.put = put
        loop = try EventLoop()
        waiting = .allocate(capacity: 1)
        waiting.initialize(to: Atomic(0))
        thread = try LoopThread(running: loop, name: name)
    }

    /// The number of dropped lines. Callable from any thread.
    var droppedLines: Int { dropped.load(ordering: .relaxed) }

    /// The address of the number of waiting bytes, for `CrashWait`.
    var waitingBytes: UnsafeRawPointer { UnsafeRawPointer(waiting) }

    /// Queues whole lines. Callable from any thread.
    func write(_ batch: [UInt8], lines count: Int) {
        let before = waiting.pointee.add(batch.count, ordering: .relaxed).oldValue
        guard before + batch.count <= maximumWaiting else {
            waiting.pointee.subtract(batch.count, ordering: .relaxed)
            drop(lines: count)
            return
        }
        loop.post { [self] in
            put(batch)
            waiting.pointee.subtract(batch.count, ordering: .releasing)
        }
    }

    /// Runs `work` on the thread, after the waiting lines. Callable from any thread.
    func post(_ work: @escaping @Sendable () -> Void) { loop.post(work) }

    /// Creates a timer of the thread. Callable on the thread only.
    func makeTimer() -> LoopTimer { LoopTimer(on: loop) }

    /// Counts lines that could not be written. Callable from any thread.
    func drop(lines count: Int) {
        if count > 0 { dropped.wrappingAdd(count, ordering: .relaxed) }
    }

    /// Waits until all lines have been written. A slow reader that takes lines gets more time than one that takes none.
    /// Not callable on the thread itself.
    ///
    /// - Parameters:
    ///   - patience: the longest time in which no batch is written.
    ///   - limit: the longest time in all.
    ///   - clock: the time in nanoseconds.
    ///   - pause: waits for a short time between two looks at the queue.
    func flush(
        patienceMilliseconds patience: Int, limitMilliseconds limit: Int,
        clock: () -> UInt64 = Clock.monotonicNanoseconds, pause: () -> Void = { usleep(1000) }
    ) {
        let end = clock() + UInt64(limit) * 1_000_000
        var least = Int.max
        var deadline: UInt64 = 0
        while case let rest = waitingCount, rest > 0 {
            let now = clock()
            if rest < least {
                least = rest
                deadline = now + UInt64(patience) * 1_000_000
            }
            guard now < min(deadline, end) else { return }
            pause()
        }
    }

    /// The bytes that wait or are being written.
    var waitingCount: Int { waiting.pointee.load(ordering: .acquiring) }
}
