/// Finds the lines of a head, however the bytes arrive.
///
/// It remembers how far it has looked: handed the same bytes again with more behind them, it goes on where it stopped,
/// so a head fed byte by byte costs as much as one fed whole. Law: what it says depends only on the bytes, never on
/// where they were cut. That is why it never looks behind `limit`, even when more is there.
struct LineReader: Sendable {
    /// Offset of the first byte of the line that is being looked for.
    private(set) var lineStart = 0
    /// Bytes before this offset were looked at and are no line end.
    private(set) var scanned = 0

    enum Line {
        case needMore
        /// The content of a line, without its CRLF; holds no control byte but HTAB.
        case line(start: Int, end: Int)
        /// No line end before `limit`.
        case tooLong
        case failed(HTTPError)
    }

    /// - Parameters:
    ///   - base: the first of `count` bytes, the same as in earlier calls with what came since.
    ///   - limit: offset before which the line must end, CRLF included.
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
