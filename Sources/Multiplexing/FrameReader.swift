/// Parses frames from bytes, without I/O.
///
/// The states are `preface` (only on the side that accepted the connection), `header`, `payload` and `failed`. Content
/// is returned in the pieces in which it arrives; headers and credit frames are returned whole. Laws: the events depend
/// on the bytes alone, never on how reads split them, except for the sizes of the content pieces. A failure is final.
package struct FrameReader: Sendable {
    package enum Step: Sendable, Equatable {
        case needMore
        /// A frame begins. The frame's content follows in pieces, unless `header.length` is zero.
        case frame(FrameHeader)
        /// The next bytes of the present frame: `count` bytes from `offset` of the input.
        case content(offset: Int, count: Int)
        case credit(stream: StreamID, amount: Int)
        /// The bytes are not valid frames. The connection is unusable.
        case failed
    }

    private enum State: Sendable { case preface, header, payload, failed }

    private var state: State
    /// Bytes of the present payload that have not arrived yet.
    private var left = 0
    /// The first bytes of a header or credit frame that a read has split.
    private var kept: (UInt64, UInt64) = (0, 0)
    private var keptCount = 0

    /// - Parameter expectsPreface: true on the side that accepted the connection.
    package init(expectsPreface: Bool) {
        state = expectsPreface ? .preface : .header
    }

    /// The next event in `bytes` from `offset` on. The method advances `offset` past the bytes that it has consumed.
    ///
    /// Call the method until it returns `.needMore`: then all bytes are consumed.
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
        // A credit frame is the longest item that is read whole.
        if keptCount == 0, count - offset >= FrameHeader.size + 4 {
            var used = 0
            let step = read(base + offset, &used)
            offset += used
            return step
        }
        return nextKept(base, count, &offset)
    }

    /// Collects a split header byte by byte. Few reads split a header.
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

    /// Reads a header at `bytes`. For a credit frame, it also reads the four bytes after the header.
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
