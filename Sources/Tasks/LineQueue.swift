/// Lines that wait to be written together, in the order of their coming.
struct LineQueue: Sendable {
    /// Who waits for a line, and for how many bytes of the file.
    struct Waiter: Sendable {
        let byteCount: Int
        let completion: SharedFile.Completion<Int>
    }

    /// What is written at once: the bytes of all lines, each with its newline, and who waits for them.
    struct Batch: Sendable {
        var bytes: [UInt8] = []
        var waiters: [Waiter] = []
    }

    /// The bounds of what waits; another batch, no larger than this, may be on its way to the disk.
    static let maximumLines = 1_024
    static let maximumBytes = 8 << 20

    private var waiting = Batch()
    /// A job is under way that will take what waits.
    private(set) var hasWriter = false

    /// - Returns: false when no more may wait.
    mutating func add(_ line: UnsafeBufferPointer<UInt8>, _ completion: @escaping SharedFile.Completion<Int>) -> Bool {
        let byteCount = line.count + 1
        guard waiting.waiters.count < LineQueue.maximumLines,
            waiting.bytes.count + byteCount <= LineQueue.maximumBytes
        else { return false }
        waiting.bytes.append(contentsOf: line)
        waiting.bytes.append(UInt8(ascii: "\n"))
        waiting.waiters.append(Waiter(byteCount: byteCount, completion: completion))
        return true
    }

    /// - Returns: true when the caller has to start the writer.
    mutating func claimWriter() -> Bool {
        guard !hasWriter else { return false }
        hasWriter = true
        return true
    }

    /// Everything that waits; nil, and no writer from then on, when nothing does.
    mutating func take() -> Batch? {
        guard !waiting.waiters.isEmpty else {
            hasWriter = false
            return nil
        }
        let batch = waiting
        waiting = Batch()
        return batch
    }
}
