import HTTP
import Multiplexing
import Testing

/// Frames read from bytes, however the bytes are split.
struct FrameReaderTests {
    /// The reader's events as text, with the pieces of content joined.
    private static func events(_ bytes: [UInt8], expectsPreface: Bool = false, cuts: [Int] = []) -> [String] {
        var reader = FrameReader(expectsPreface: expectsPreface)
        var events: [String] = []
        var content: [UInt8] = []
        var start = 0
        for end in cuts + [bytes.count] {
            let piece = Array(bytes[start..<end])
            start = end
            piece.withUnsafeBufferPointer { piece in
                var offset = 0
                while true {
                    let step = reader.next(piece, at: &offset)
                    if case .content(let from, let count) = step {
                        content += piece[from..<(from + count)]
                        continue
                    }
                    if step == .needMore {
                        #expect(offset == piece.count)
                        return
                    }
                    if !content.isEmpty { events.append(String(decoding: content, as: UTF8.self)) }
                    content = []
                    switch step {
                    case .frame(let header):
                        events.append("\(header.kind) \(header.stream.place).\(header.stream.use) \(header.length)")
                    case .credit(let stream, let amount):
                        events.append("credit \(stream.place).\(stream.use) \(amount)")
                    case .failed:
                        events.append("failed")
                        return
                    case .needMore, .content: return
                    }
                }
            }
            if events.last == "failed" { break }
        }
        if !content.isEmpty { events.append(String(decoding: content, as: UTF8.self)) }
        return events
    }

    private static func frame(_ kind: FrameKind, _ place: Int, _ use: UInt32 = 0, _ content: String = "") -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(
            FrameHeader(kind: kind, length: content.utf8.count, stream: StreamID(place: place, use: use)))
        buffer.append(text: content)
        return Array(buffer.readable)
    }

    private static func credit(_ amount: Int, _ place: Int) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendCredit(amount, stream: StreamID(place: place, use: 1))
        return Array(buffer.readable)
    }

    private static let conversation =
        frame(.open, 0, 0, "GET / HTTP/1.1") + frame(.open, 4095, (1 << 20) - 1) + credit(65536, 7)
        + frame(.data, 0, 0, "x") + frame(.end, 0) + frame(.data, 3, 9, "more") + frame(.reset, 2, 2)
        + frame(.refuse, 1, 5) + credit(0, 0)

    private static let told = [
        "open 0.0 14", "GET / HTTP/1.1", "open 4095.1048575 0", "credit 7.1 65536", "data 0.0 1", "x", "end 0.0 0",
        "data 3.9 4", "more", "reset 2.2 0", "refuse 1.5 0", "credit 0.1 0",
    ]

    @Test func wholeFramesAreRead() {
        #expect(FrameReaderTests.events(FrameReaderTests.conversation) == FrameReaderTests.told)
    }

    @Test func framesAreReadByteByByte() {
        let bytes = FrameReaderTests.conversation
        #expect(FrameReaderTests.events(bytes, cuts: Array(1..<bytes.count)) == FrameReaderTests.told)
    }

    @Test func framesAreReadCutAnywhere() {
        let bytes = Array("USTDY/1\n".utf8) + FrameReaderTests.conversation
        for cut in 0...bytes.count {
            #expect(FrameReaderTests.events(bytes, expectsPreface: true, cuts: [cut]) == FrameReaderTests.told)
        }
    }

    @Test(arguments: ["USTDY/2\n", "GET / HTTP/1.1\r\n", "USTDY/1\r"]) func anotherPrefaceFails(text: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(FrameReaderTests.events(bytes, expectsPreface: true, cuts: [cut]) == ["failed"])
        }
    }

    /// Pairs of kind and length that no valid header has.
    @Test(arguments: [
        (6, 0), (255, 0), (0, 65_537), (1, 0xFFFFFF), (2, 1), (3, 4), (4, 1), (5, 0), (5, 3), (5, 5),
    ])
    func badHeadersFail(kind: UInt8, length: Int) {
        let header = [
            kind, UInt8(length >> 16), UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length), 0, 0,
            0, 0,
        ]
        let bytes = header + [0, 0, 0, 0, 0, 0]
        for cut in 0...bytes.count {
            #expect(FrameReaderTests.events(bytes, cuts: [cut]) == ["failed"])
        }
        #expect(FrameReaderTests.events(bytes, cuts: Array(1..<bytes.count)) == ["failed"])
    }

    @Test func aFailureIsFinal() {
        var reader = FrameReader(expectsPreface: false)
        let bad: [UInt8] = [9, 0, 0, 0, 0, 0, 0, 0]
        let good = FrameReaderTests.frame(.end, 0)
        for bytes in [bad, good] {
            bytes.withUnsafeBufferPointer {
                var offset = 0
                #expect(reader.next($0, at: &offset) == .failed)
            }
        }
    }
}
