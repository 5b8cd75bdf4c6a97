import HTTP
import HTTP2
import TestSupport

/// A session whose owner records its events, and responds as the test specifies.
final class SessionHarness: HTTP2Events {
    /// One line for each event.
    private(set) var events: [String] = []
    private(set) var bodies: [Int: [UInt8]] = [:]
    private(set) var ids: [Int: Int32] = [:]
    private(set) var session: HTTP2Session!
    /// The outgoing content of streams.
    var content: [Int: [UInt8]] = [:]
    var isEnded: Set<Int> = []
    var trailers: [Int: [(String, String)]] = [:]
    /// Content is consumed at once.
    var consumes = true
    /// Called with each request.
    var atRequest: (SessionHarness, Int) -> Void = { _, _ in }
    /// All frames to the client so far.
    private(set) var sent: [HTTP2Frame] = []
    private let inflater = HeaderInflater()
    private var next = 0
    var now: UInt64 = 0

    init(limits: HTTP2Limits = HTTP2Limits()) {
        session = HTTP2Session(events: self, limits: limits)
    }

    /// Opens a session that has received the preface and empty settings.
    ///
    /// - Parameter acknowledges: the client acknowledges the server's settings.
    static func open(limits: HTTP2Limits = HTTP2Limits(), acknowledges: Bool = true) -> SessionHarness {
        let harness = SessionHarness(limits: limits)
        harness.receive(HTTP2Frame.preface + HTTP2Frame.settings().bytes)
        if acknowledges {
            harness.receive(HTTP2Frame(HTTP2Frame.Kind.settings, flags: HTTP2Frame.acknowledgement))
        }
        return harness
    }

    @discardableResult
    func receive(_ bytes: [UInt8]) -> HTTP2Session.Outcome {
        let outcome = bytes.withUnsafeBufferPointer { session.receive($0, now: now) }
        flush()
        return outcome
    }

    @discardableResult
    func receive(_ frames: HTTP2Frame...) -> HTTP2Session.Outcome { receive(frames.flatMap(\.bytes)) }

    /// Receives while the client reads nothing: no frame leaves.
    func receiveUnread(_ frames: HTTP2Frame...) -> HTTP2Session.Outcome {
        frames.flatMap(\.bytes).withUnsafeBufferPointer { session.receive($0, now: now) }
    }

    /// Sends all frames that wait in the session.
    func flush() {
        _ = session.fill(upTo: 1 << 20, now: now)
        var bytes = Array(session.output.readable)
        session.output.consume(bytes.count)
        while let frame = HTTP2Frame.take(from: &bytes) { sent.append(frame) }
    }

    /// Responds with a head, and with content if there is some.
    func respond(_ slot: Int, status: Int = 200, _ body: String? = nil, isEnd: Bool = true) {
        var fields = FieldList()
        fields.append(":status", decimal: UInt64(status))
        content[slot] = body.map { Array($0.utf8) } ?? []
        if isEnd { isEnded.insert(slot) }
        session.submitResponse(fields, on: ids[slot] ?? 0, slot: slot, hasContent: body != nil)
    }

    /// The frames that were sent on a stream, in words.
    func sent(on stream: UInt32) -> [String] {
        sent.filter { $0.stream == stream }.compactMap { frame in
            let end = frame.isEnd ? " end" : ""
            switch frame.kind {
            case HTTP2Frame.Kind.headers:
                let fields = inflater.fields(of: frame.payload) ?? []
                return "head " + fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ") + end
            case HTTP2Frame.Kind.data: return "data \(frame.payload.count)" + end
            case HTTP2Frame.Kind.resetStream: return "reset \(frame.number())"
            case HTTP2Frame.Kind.windowUpdate: return "window \(frame.number())"
            default: return nil
            }
        }
    }

    /// The code of the GOAWAY that was sent, or nil.
    var goAwayCode: UInt32? { sent.last { $0.kind == HTTP2Frame.Kind.goAway }?.number(at: 4) }

    // MARK: HTTP2Events

    func requestReceived(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, on stream: Int32, isEnd: Bool
    ) -> Int {
        let slot = take(stream)
        let fields = head.fields.map { "\($0.name.string(in: bytes))=\($0.value.string(in: bytes))" }
        events.append(
            ([
                "request", head.methodName.string(in: bytes), head.path.string(in: bytes),
                head.authority.string(in: bytes),
            ] + fields).joined(separator: " "))
        atRequest(self, slot)
        return slot
    }

    func requestRefused(_ error: HTTPError, on stream: Int32) -> Int {
        events.append("refused \(error)")
        let slot = take(stream)
        atRequest(self, slot)
        return slot
    }

    private func take(_ stream: Int32) -> Int {
        defer { next += 1 }
        ids[next] = stream
        return next
    }

    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int) {
        bodies[slot, default: []] += bytes
        if consumes { session.consume(bytes.count, on: ids[slot] ?? 0) }
    }

    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int) {
        trailers.withBytes { fields, bytes in
            for field in fields {
                events.append("trailer \(field.name.string(in: bytes))=\(field.value.string(in: bytes))")
            }
        }
    }

    func requestEnded(slot: Int) { events.append("end \(bodies[slot]?.count ?? 0)") }

    func streamClosed(slot: Int, code: HTTP2ErrorCode) { events.append("closed \(code.rawValue)") }

    func malformedStreamClosed() { events.append("malformed closed") }

    func responseSent(slot: Int) { events.append("sent") }

    func shutdownSeen() { events.append("shutdown seen") }

    func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content {
        let waiting = content[slot]?.count ?? 0
        let isEnd = isEnded.contains(slot)
        guard waiting > 0 || isEnd else { return .later }
        let count = min(waiting, limit)
        let isLast = isEnd && count == waiting
        if isLast, let trailers = trailers[slot] {
            var list = FieldList()
            for (name, value) in trailers {
                Array(name.utf8).withUnsafeBufferPointer { name in
                    Array(value.utf8).withUnsafeBufferPointer { list.append(name: name, value: $0) }
                }
            }
            session.submitTrailers(list, on: ids[slot] ?? 0)
        }
        return .bytes(count, isLast: isLast, hasTrailers: trailers[slot] != nil)
    }

    func moveContent(slot: Int, count: Int, to output: inout ByteBuffer) {
        content[slot]?.prefix(count).withUnsafeBufferPointer { output.append($0) }
        content[slot]?.removeFirst(count)
    }
}
