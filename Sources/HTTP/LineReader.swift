/// Finds the lines of a head, however the bytes arrive.
///
/// The reader remembers the offset up to which it has searched. When the caller passes the same bytes with more bytes
/// after them, the search continues at that offset. So a head that arrives byte by byte costs as much as a whole head.
/// Law: the result depends only on the bytes, never on how reads split them. Therefore the reader never searches beyond
/// `limit`, even if more bytes are available.
struct LineReader: Sendable {
    /// Offset of the first byte of the present line.
    private(set) var lineStart = 0
    /// Offset up to which the reader has searched. No line ends before it, except lines that the reader already
    /// returned.
    private(set) var scanned = 0

    enum Line {
        case needMore
        /// One line without its CRLF. The line contains no control byte except HTAB.
        case line(start: Int, end: Int)
        /// No line ends before `limit`.
        case tooLong
        case failed(HTTPError)
    }

    /// - Parameters:
    ///   - base: the first of `count` bytes: the bytes of earlier calls, then the bytes that have arrived since.
    ///   - limit: the line, with its CRLF, must end before this offset.
    @inline(__always)
    mutating func next(_ base: UnsafePointer<UInt8>, count: Int, limit: Int) -> Line {
        let end = min(count, limit)
        var index = scanned
        while true {
            index = ByteScan.firstControl(base, from: index, to: end)
            guard index < end else { break }
            let byte = base[index]
            if byte == ByteScan.carriageReturn {
                guard index &+ 1 < end else { break }
                guard base[index &+ 1] == ByteScan.lineFeed else { return .failed(.bareCarriageReturn) }
                let start = lineStart
                lineStart = index &+ 2
                scanned = index &+ 2
                return .line(start: start, end: index)
            }
            guard byte == ByteScan.tab else {
                return .failed(byte == ByteScan.lineFeed ? .bareLineFeed : .controlByte)
            }
            index &+= 1
        }
        scanned = max(scanned, index)
        return count >= limit ? .tooLong : .needMore
    }
}
