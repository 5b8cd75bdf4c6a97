import HTTP
import HTTP2

/// Fuzzes an HTTP/2 session with a client's frames after the preface. The session's owner responds to every request.
///
/// Every accepted request can be written in HTTP/1.1. A parser then reads the same request, and the most careless
/// reader finds the same framing. Content has its announced length. The owner receives no event for a closed stream.
/// Cuts change nothing. The session sends only whole frames.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzHTTP2(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzedInput(start, count, steeringCount: 5)
    let answersEarly = input.steer() % 2 == 1
    let cuts = input.cuts(2)
    let whole = SessionOwner(input.bytes, cuts: [], answersEarly: answersEarly)
    let pieces = SessionOwner(input.bytes, cuts: cuts, answersEarly: answersEarly)
    // A response that is sent between two pieces may change the following events.
    if !answersEarly, holdsGoAway(input.bytes) {
        // A client that has sent GOAWAY and has no open stream is done: nghttp2 ends the session after it has read the
        // available bytes. If such a client still opens a stream in the same piece, the session serves the stream. So
        // cuts may remove requests from the end, but they do not change the others.
        check(
            whole.requests.starts(with: pieces.requests),
            "cuts at \(cuts) change requests: \(pieces.requests), \(whole.requests)")
    } else if !answersEarly {
        check(
            pieces.requests == whole.requests, "cuts at \(cuts) change requests: \(pieces.requests), \(whole.requests)")
        check(pieces.isOver == whole.isOver, "cuts at \(cuts) change the end")
    }
    return 0
}

/// True if one of the frames is a GOAWAY.
private func holdsGoAway(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while rest.count >= 9 {
        let header = Array(rest.prefix(9))
        if header[3] == 7 { return true }
        rest = rest.dropFirst(9 + (Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])))
    }
    return false
}

/// Owns a session for one conversation and checks its events.
private final class SessionOwner: HTTP2Events {
    private struct Stream {
        var id: Int32
        var framing = BodyFraming.none
        var received = 0
        var isEnded = false
        var isClosed = false
        var isAnswered = false
        var left = 10
    }

    private(set) var requests: [[String]] = []
    private(set) var isOver = false
    private var streams: [Stream] = []
    private var session: HTTP2Session?
    private let answersEarly: Bool

    init(_ input: [UInt8], cuts: [Int], answersEarly: Bool) {
        self.answersEarly = answersEarly
        session = HTTP2Session(events: self)
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
        receive(preface[...])
        var start = 0
        for end in cuts + [input.count] {
            receive(input[start..<end])
            start = end
        }
        // The peer is gone: the session drops all waiting output.
        session = nil
    }

    private func receive(_ bytes: ArraySlice<UInt8>) {
        guard let session, !isOver else { return }
        let outcome = Array(bytes).withUnsafeBufferPointer { session.receive($0, now: 1) }
        if outcome == .fine { answer() } else { isOver = true }
        _ = session.fill(upTo: 1 << 20, now: 1)
        checkFrames(session.output.bytes)
        session.output.consume(session.output.count)
        let before = requests.count
        if isOver {
            let again = Array(bytes).withUnsafeBufferPointer { session.receive($0, now: 1) }
            check(again == .failed && requests.count == before, "a session goes on behind its end")
        }
    }

    private func answer() {
        guard let session else { return }
        for slot in streams.indices where !streams[slot].isAnswered && !streams[slot].isClosed {
            guard streams[slot].isEnded || answersEarly else { continue }
            streams[slot].isAnswered = true
            var fields = FieldList()
            fields.append(":status", decimal: 200)
            session.submitResponse(fields, on: streams[slot].id, slot: slot, hasContent: true)
        }
    }

    private func checkFrames(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            check(rest.count >= 9, "half a frame was sent")
            let header = Array(rest.prefix(9))
            let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
            check(length <= 16384 && rest.count >= 9 + length, "half a frame was sent")
            rest = rest.dropFirst(9 + length)
        }
    }

    private func checkOpen(_ slot: Int, _ what: String) {
        check(streams.indices.contains(slot) && !streams[slot].isClosed, "\(what) of a stream that is over")
    }

    // MARK: HTTP2Events

    func requestReceived(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, on stream: Int32, isEnd: Bool
    ) -> Int {
        streams.append(Stream(id: stream, framing: head.framing))
        requests.append(writtenForHTTP1(head, bytes))
        if isEnd {
            check(head.framing == .none || head.framing == .length(0), "content of \(head.framing) in no frame")
        }
        return streams.count - 1
    }

    func requestRefused(_ error: HTTPError, on stream: Int32) -> Int {
        streams.append(Stream(id: stream))
        requests.append(["refused \(error)"])
        return streams.count - 1
    }

    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int) {
        checkOpen(slot, "content")
        check(!streams[slot].isEnded, "content behind the end of a request")
        streams[slot].received += bytes.count
        if case .length(let length) = streams[slot].framing {
            check(streams[slot].received <= length, "more content than the request says")
        }
        session?.consume(bytes.count, on: streams[slot].id)
    }

    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int) {
        checkOpen(slot, "trailers")
        trailers.withBytes { fields, bytes in
            for field in fields {
                check(field.known != .contentLength && field.known != .transferEncoding, "a trailer that frames")
                let value = field.value.in(bytes)
                check(!value.contains { $0 == 0 || $0 == 0x0D || $0 == 0x0A }, "a trailer with a line end")
            }
        }
    }

    func requestEnded(slot: Int) {
        checkOpen(slot, "the end")
        check(!streams[slot].isEnded, "a request ended twice")
        streams[slot].isEnded = true
        if case .length(let length) = streams[slot].framing {
            check(streams[slot].received == length, "less content than the request says")
        }
    }

    func streamClosed(slot: Int, code: HTTP2ErrorCode) {
        checkOpen(slot, "the close")
        streams[slot].isClosed = true
    }

    func malformedStreamClosed() {}
    func responseSent(slot: Int) { checkOpen(slot, "the response") }

    func shutdownSeen() {}

    func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content {
        checkOpen(slot, "the question for content")
        let count = min(streams[slot].left, limit)
        return .bytes(count, isLast: count == streams[slot].left, hasTrailers: false)
    }

    func moveContent(slot: Int, count: Int, to output: inout ByteBuffer) {
        checkOpen(slot, "the taking of content")
        streams[slot].left -= count
        for _ in 0..<count { output.append(byte: 0x78) }
    }

    /// The request as a proxy writes it in HTTP/1.1. The function parses the written request again and returns its
    /// parts.
    private func writtenForHTTP1(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) -> [String] {
        // An extended CONNECT becomes an upgrade, which has its own rules.
        if head.method == .connect || head.upgradesToWebSocket { return ["upgrade"] }
        let method = head.methodName.string(in: bytes)
        var written = ByteBuffer()
        written.append(head.methodName.in(bytes))
        written.append(byte: 0x20)
        written.appendTarget(of: head, in: bytes)
        written.append(" HTTP/1.1\r\n")
        written.appendField(name: "host", value: head.authority.in(bytes))
        for field in head.fields where !field.isHopByHop {
            switch field.known {
            case .host, .contentLength, .transferEncoding, .expect: continue
            default: written.appendFieldBytes(name: field.name.in(bytes), value: field.value.in(bytes))
            }
        }
        switch head.framing {
        case .length(let length): written.appendField(name: "content-length", decimal: length)
        case .chunked: written.appendField("transfer-encoding", "chunked")
        case .none, .untilClose: break
        }
        written.append("\r\n")
        let reader = LenientReader(written.bytes, takesUnderscores: true)
        reader.checkFraming(head.framing)
        check(reader.hosts == 1 && reader.blanksInStartLine == 2, "an odd head was made: \(reader)")

        var parser = RequestParser(limits: .withinCluster)
        var again = RequestHead()
        let result = written.readable.withMemoryRebound(to: UInt8.self) { parser.parse($0, into: &again) }
        check(result == .complete(headLength: written.count), "the next hop reads \(result)")
        check(again.method == head.method && again.framing == head.framing, "the next hop reads another request")
        check(again.fields.count { $0.known == .host } == 1, "the next hop reads another host")
        return [method] + [String(decoding: written.bytes, as: UTF8.self)]
    }
}
