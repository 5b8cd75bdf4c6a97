/// Finds where the last lines of a file begin, reading backwards from its end, in steps that can be broken off.
struct TailScan: Sendable {
    /// What is read at a time, in bytes.
    private static let blockSize = 64 << 10

    private let file: FileReader
    /// Line ends that still have to be found.
    private var missing: Int
    /// Everything from here on has been looked at.
    private var position: Int

    /// - Parameter lines: how many lines are wanted. A last line without newline counts.
    init(of file: FileReader, lines: Int) {
        self.file = file
        missing = max(0, lines)
        position = file.length
    }

    /// Looks through at most `limit` bytes more, rounded up to blocks. Blocks.
    ///
    /// - Returns: the offset of the first byte wanted, or nil when the search has to go on.
    mutating func step(limit: Int) throws(SharedFileError) -> Int? {
        guard missing > 0 else { return file.length }
        var left = limit
        while position > 0 {
            guard left > 0 else { return nil }
            let start = max(0, position - TailScan.blockSize)
            let block = try file.bytes(at: start, count: position - start)
            guard block.count == position - start else { throw .cut }
            left -= block.count
            if let found = search(block, from: start) { return found }
            position = start
        }
        return 0
    }

    /// Counts the line ends of a block from its end on.
    private mutating func search(_ block: [UInt8], from start: Int) -> Int? {
        block.withUnsafeBufferPointer { block in
            var index = block.count
            while index > 0 {
                index -= 1
                // The newline that ends the file ends its last line, and does not begin another.
                guard block[index] == UInt8(ascii: "\n"), start + index + 1 < file.length else { continue }
                missing -= 1
                if missing == 0 { return start + index + 1 }
            }
            return nil
        }
    }
}
