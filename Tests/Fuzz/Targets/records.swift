import Glibc
import Sockets

@testable import TLSServer

/// Fuzzes TLS 1.3 records from a peer that has the keys: types, contents, padding, key updates, and bytes without a
/// valid key.
///
/// The receiver returns the content of all records before the first invalid one, complete and in order. The result does
/// not depend on the cuts or on the number of bytes read from the socket at once.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRecords(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzedInput(start, count, steeringCount: 6)
    let room = 1 + input.steer() * 4
    let isServer = input.steer() % 2 == 1
    let sent = SentRecords(input.bytes)
    let cuts = (0..<2).map { _ in (input.steer() << 8 | input.steer()) % (sent.bytes.count + 1) }.sorted()
    let received = receive(sent.bytes, cuts: cuts, room: room, isServer: isServer)
    check(sent.content.starts(with: received.content), "other content than was sent")
    if sent.isClean { check(received.content == sent.content && !received.isFailed, "good records are refused") }
    if !received.isFailed && !sent.endsEarly { check(received.content == sent.content, "content is missing") }
    return 0
}

private func secret(_ byte: UInt8) -> TrafficSecret {
    guard let suite = CipherSuite.suite(id: 0x1301), let derivation = TLSWorkspace().derivation(for: suite),
        let secret = TrafficSecret(
            [UInt8](repeating: byte, count: suite.hashSize), suite: suite, derivation: derivation)
    else { fatalError("no suite") }
    return secret
}

private func cipher(_ direction: RecordCipher.Direction, _ byte: UInt8) -> RecordCipher {
    guard let cipher = RecordCipher(direction, secret: secret(byte)) else { fatalError("no cipher") }
    return cipher
}

/// The input as a list. Each item is the kind of a record, a length, and as many bytes.
private struct SentRecords {
    var bytes: [UInt8] = []
    /// The content of the application-data records, in order.
    var content: [UInt8] = []
    /// True if every record is application data of a valid size and none is empty.
    var isClean = true
    /// True if bytes may follow the end of the peer's direction, or if the last record may be incomplete.
    var endsEarly = false

    init(_ input: [UInt8]) {
        let sealer = cipher(.seal, 2)
        var rest = input[...]
        while let kind = rest.popFirst(), let length = rest.popFirst() {
            // Lengths up to a record's maximum, in large steps.
            let size = Int(length) < 128 ? Int(length) : (Int(length) - 127) * 129
            let taken = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            let filled = taken + [UInt8](repeating: kind, count: size - taken.count)
            switch kind % 8 {
            case 0, 1, 2, 3:
                take(filled)
                seal(filled + [23], by: sealer)
            case 4:
                take(filled)
                seal(filled + [23] + [UInt8](repeating: 0, count: 40), by: sealer)
            case 5:
                isClean = false
                endsEarly = true
                seal(filled + [21], by: sealer)
            case 6:
                isClean = false
                seal(filled + [22], by: sealer)
                if filled.starts(with: [24, 0, 0, 1]) && filled.count == 5 { check(sealer.update(), "no update") }
            default:
                // These bytes may begin a record that never ends.
                isClean = false
                endsEarly = true
                bytes += taken
            }
        }
    }

    private mutating func take(_ filled: [UInt8]) {
        if filled.isEmpty || filled.count > RecordFormat.maximumContent { isClean = false }
        content += filled
    }

    private mutating func seal(_ inner: [UInt8], by sealer: RecordCipher) {
        guard let last = inner.last else { return }
        var record = [UInt8](repeating: 0, count: inner.count - 1 + RecordFormat.overhead)
        let size = inner.dropLast().withUnsafeBytes { source in
            record.withUnsafeMutableBytes { target in
                target.baseAddress.flatMap { sealer.seal(source, innerType: last, at: $0) }
            }
        }
        check(size == record.count, "a record of another size")
        bytes += record
    }
}

private func receive(_ bytes: [UInt8], cuts: [Int], room: Int, isServer: Bool) -> (content: [UInt8], isFailed: Bool) {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0 else {
        fatalError("no sockets")
    }
    defer { for end in ends { close(end) } }
    let workspace = TLSWorkspace()
    let records = TLSRecords(
        opener: cipher(.open, 2), sealer: cipher(.seal, 1), isServer: isServer,
        socket: TLSSocket(descriptor: ends[0], workspace: workspace))
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: room)
    var start = 0
    for cut in cuts + [bytes.count] {
        while start < cut {
            let sent = bytes[start..<cut].withUnsafeBytes {
                send(ends[1], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 { start += sent }
            reading: while true {
                switch buffer.withUnsafeMutableBufferPointer({ records.receive(using: $0) }) {
                case .bytes(let bytes):
                    check(bytes.count > 0 && bytes.count <= RecordFormat.maximumContent, "\(bytes.count) bytes at once")
                    content += bytes
                case .wouldBlock:
                    check(!records.hasBufferedInput, "something is there and is not given out")
                    break reading
                case .endOfStream: return (content, false)
                case .failed:
                    guard case .endOfStream = buffer.withUnsafeMutableBufferPointer({ records.receive(using: $0) })
                    else {
                        fatalError("more after a failure")
                    }
                    return (content, true)
                }
            }
        }
    }
    return (content, false)
}
