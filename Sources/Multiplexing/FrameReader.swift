/// From bytes to frames, without I/O.
///
/// States: `preface` (only at the side that accepted the connection), `header`, `payload`. A payload of content is given out in
/// the pieces in which it comes; everything else is whole. Laws: the events depend on the bytes alone, not on how they were
/// cut, but for the cuts of content; a failure is final.
package struct FrameReader: Sendable {
    package enum Step: Sendable, Equatable {
        case needMore
        /// A frame begins; its content, if `header.length` is not zero, follows in pieces.
        case frame(FrameHeader)
        /// The next bytes of the present frame: `count` from `offset` of the input.
        case content(offset: Int, count: Int)
        case credit(stream: StreamID, amount: Int)
        /// Not what a peer of ours sends; the connection is of no further use.
        case failed
    }

    private enum State: Sendable { case preface, header, payload, failed }

    private var state: State
    /// Bytes of the present payload that have not come yet.
    private var left = 0
    /// The beginning of a header, or of a credit frame, that was cut.
    private var kept: (UInt64, UInt64) = (0, 0)
    private var keptCount = 0

    /// - Parameter expectsPreface: true at the side that accepted the connection.
    package init(expectsPreface: Bool) {
        state = expectsPreface ? .preface : .header
    }

    /// The next event in `bytes` from `offset` on, which it moves past what it used. To be called until it returns `.needMore`,
    /// which means that all is used.
    package mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, at offset: inout Int) -> Step {
        guard let base = bytes.baseAddress else { return .needMore }
        while true {
            switch state {
            case .preface:
                let preface = MultiplexingLimits.preface
                while keptCount < preface.utf8CodeUnitCount {
                    guard offset < bytes.count else { return .needMore }
                    guard base[offset] == preface.utf8Start[keptCount] else { return fail() }
                    keptCount += 1
                    offset += 1
                }
                keptCount = 0
                state = .header
            case .header:
                guard let step = nextHeader(base, bytes.count, &offset) else { return .needMore }
                return step
            case .payload:
                let count = min(left, bytes.count - offset)
                guard count > 0 else { return .needMore }
                let start = offset
                offset += count
                left -= count
                if left == 0 { state = .header }
                return .content(offset: start, count: count)
            case .failed: return .failed
            }
        }
    }

    private mutating func nextHeader(_ base: UnsafePointer<UInt8>, _ count: Int, _ offset: inout Int) -> Step? {
        // A credit frame is the longest that is taken whole.
        if keptCount == 0, count - offset >= FrameHeader.size + 4 {
            var used = 0
            let step = read(base + offset, &used)
            offset += used
            return step
        }
        return nextKept(base, count, &offset)
    }

    /// Gathers a header that was cut, byte by byte: happens once in many reads.
    private mutating func nextKept(_ base: UnsafePointer<UInt8>, _ count: Int, _ offset: inout Int) -> Step? {
        while offset < count {
            var memory = kept
            withUnsafeMutableBytes(of: &memory) { $0[keptCount] = base[offset] }
            kept = memory
            keptCount += 1
            offset += 1
            let isCredit = withUnsafeBytes(of: &memory) { $0[0] } == FrameKind.credit.rawValue
            guard keptCount == FrameHeader.size + (isCredit ? 4 : 0) else { continue }
            keptCount = 0
            return withUnsafeBytes(of: &memory) { raw in
                var used = 0
                return raw.withMemoryRebound(to: UInt8.self) { $0.baseAddress.map { read($0, &used) } }
            }
        }
        return nil
    }

    /// Reads a header at `bytes`, and the four bytes behind it when it is a credit's.
    private mutating func read(_ bytes: UnsafePointer<UInt8>, _ used: inout Int) -> Step {
        guard let header = FrameHeader(bytes) else { return fail() }
        used = FrameHeader.size
        switch header.kind {
        case .credit:
            used += 4
            return .credit(stream: header.stream, amount: Int(FrameHeader.number(bytes + FrameHeader.size)))
        case .open, .data:
            left = header.length
            if left > 0 { state = .payload }
            return .frame(header)
        case .end, .reset, .refuse: return .frame(header)
        }
    }

    private mutating func fail() -> Step {
        state = .failed
        return .failed
    }
}
