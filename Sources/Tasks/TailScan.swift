/// Finds the start of a file's last lines. The scan reads backwards from the end, in steps that other jobs can
/// interrupt.
struct TailScan: Sendable {
    /// Bytes of one read.
    private static let blockSize = 64 << 10

    private let file: FileReader
    /// Number of line ends still to find.
    private var missing: Int
    /// Offset down to which the scan has searched.
    private var position: Int

    /// - Parameter lines: number of wanted lines. A last line without newline counts.
    init(of file: FileReader, lines: Int) {
        self.file = file
        missing = max(0, lines)
        position = file.length
    }

    /// Searches about `limit` more bytes, rounded up to blocks. Blocks.
    ///
    /// - Returns: the offset of the first wanted byte, or nil if the search must continue.
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

    /// Counts the line ends of a block, backwards from its end.
    private mutating func search(_ block: [UInt8], from start: Int) -> Int? {
        block.withUnsafeBufferPointer { block in
            var index = block.count
            while index > 0 {
                index -= 1
                // The newline at the end of the file ends its last line; it does not begin another line.
                guard block[index] == UInt8(ascii: "\n"), start + index + 1 < file.length else { continue }
                missing -= 1
                if missing == 0 { return start + index + 1 }
            }
            return nil
        }
    }
}
