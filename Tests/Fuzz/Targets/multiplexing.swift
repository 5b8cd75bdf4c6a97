import HTTP
import Multiplexing

/// Fuzzes the multiplexed protocol between balancer and worker. The input is a sequence of frames.
///
/// Cuts change only the pieces of content. Frames that are read and written again have the same bytes.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzMultiplexing(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzedInput(start, count, steeringCount: 5)
    let expectsPreface = input.steer() % 2 == 1
    let cuts = input.cuts(2)
    let whole = ReadFrames(input.bytes, cuts: [], expectsPreface: expectsPreface)
    check(ReadFrames(input.bytes, cuts: cuts, expectsPreface: expectsPreface) == whole, "cuts at \(cuts) change frames")
    let bytewise = ReadFrames(input.bytes, cuts: Array(0..<input.bytes.count), expectsPreface: expectsPreface)
    check(bytewise == whole, "byte by byte there are other frames")

    let preface = expectsPreface ? MultiplexingLimits.preface.utf8CodeUnitCount : 0
    let written = whole.written
    check(input.bytes.dropFirst(preface).starts(with: written), "what was read is written as something else")
    return 0
}

private struct ReadFrames: Equatable {
    enum Event: Equatable {
        case frame(FrameHeader, content: [UInt8])
        case credit(StreamID, Int)
    }

    var events: [Event] = []
    var isFailed = false

    init(_ input: [UInt8], cuts: [Int], expectsPreface: Bool) {
        var reader = FrameReader(expectsPreface: expectsPreface)
        var start = 0
        for end in cuts + [input.count] {
            let piece = Array(input[start..<end])
            start = end
            piece.withUnsafeBufferPointer { read($0, &reader) }
        }
    }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, _ reader: inout FrameReader) {
        var offset = 0
        while true {
            let before = offset
            let step = reader.next(bytes, at: &offset)
            check(
                offset >= before && offset <= bytes.count, "\(step) moved from \(before) to \(offset) of \(bytes.count)"
            )
            switch step {
            case .needMore:
                check(offset == bytes.count, "bytes are left, and more is wanted")
                return
            case .failed:
                isFailed = true
                return
            case .frame(let header):
                check(header.length <= MultiplexingLimits.payload, "a frame of \(header.length) bytes")
                events.append(.frame(header, content: []))
            case .credit(let stream, let amount):
                check(amount >= 0, "a credit of \(amount)")
                events.append(.credit(stream, amount))
            case .content(let start, let count):
                check(count > 0 && start >= before && start + count == offset, "content at \(start), \(count) bytes")
                guard case .frame(let header, let content) = events.popLast() else {
                    return check(false, "content without a frame")
                }
                let all = content + bytes[start..<start + count]
                check(all.count <= header.length, "more content than the frame says")
                events.append(.frame(header, content: all))
            }
        }
    }

    var written: [UInt8] {
        var output = ByteBuffer()
        for event in events {
            switch event {
            case .credit(let stream, let amount): output.appendCredit(amount, stream: stream)
            case .frame(let header, let content):
                output.append(header)
                content.withUnsafeBufferPointer { output.append($0) }
            }
        }
        return output.bytes
    }
}
