/// Reads a comma-separated list of tokens (`#token`, RFC 9110 5.6.1) and skips empty elements.
struct TokenList {
    enum Element {
        case token(start: Int, end: Int)
        case end
        case invalid
    }

    private let base: UnsafePointer<UInt8>
    private var index: Int
    private let end: Int

    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) {
        self.base = base
        index = start
        self.end = end
    }

    mutating func next() -> Element {
        while index < end, base[index] == 0x2C || ByteScan.isBlank(base[index]) { index &+= 1 }
        guard index < end else { return .end }
        let start = index
        while index < end, ByteSet.token.contains(base[index]) { index &+= 1 }
        let tokenEnd = index
        while index < end, ByteScan.isBlank(base[index]) { index &+= 1 }
        guard tokenEnd > start, index == end || base[index] == 0x2C else { return .invalid }
        return .token(start: start, end: tokenEnd)
    }
}
