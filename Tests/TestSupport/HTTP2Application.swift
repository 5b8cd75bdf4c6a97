/// An HTTP/2 application over a plain socket. The test controls every frame. It respects the peer's windows.
package final class HTTP2Application {
    package struct Request: Equatable {
        package let stream: UInt32
        package let fields: [String: String]

        package var path: String { fields[":path"] ?? "" }
    }

    package let socket: RawSocket
    private let inflater = HeaderInflater()
    private var connectionWindow = 65_535
    private var initialWindow = 65_535
    private var windows: [UInt32: Int] = [:]
    /// Received requests that the test has not taken.
    private var requests: [Request] = []
    /// Streams that the peer has reset, in order.
    package private(set) var resets: [UInt32] = []
    /// The content of requests, by stream.
    package private(set) var bodies: [UInt32: [UInt8]] = [:]
    /// False for an application that stands still.
    package var answersPings = true
    /// The number of received PINGs.
    package private(set) var pings = 0
    private var acknowledgements = 0
    /// Streams with complete requests.
    package private(set) var endedStreams: Set<UInt32> = []

    /// Waits for a connection and sends the settings.
    package init(_ listener: RawListener, settings: [(UInt16, UInt32)] = []) throws(RawSocketError) {
        socket = try listener.accept()
        guard try socket.receive(count: HTTP2Frame.preface.count) == HTTP2Frame.preface else {
            throw .malformed("a preface")
        }
        try send(.settings(settings))
    }

    package func send(_ frames: HTTP2Frame...) throws(RawSocketError) { try socket.send(frames.flatMap(\.bytes)) }

    // MARK: Requests

    /// Waits for the next request head and returns it.
    package func receiveRequest() throws(RawSocketError) -> Request {
        while requests.isEmpty { try receiveFrame() }
        return requests.removeFirst()
    }

    /// Waits until the peer has reset this many streams.
    package func receiveResets(_ count: Int) throws(RawSocketError) {
        while resets.count < count { try receiveFrame() }
    }

    /// Waits for the end of a request, and returns its content.
    package func receiveContent(of stream: UInt32) throws(RawSocketError) -> [UInt8] {
        while !endedStreams.contains(stream) { try receiveFrame() }
        return bodies[stream] ?? []
    }

    /// Waits until the peer has sent this many PINGs.
    package func receivePings(_ count: Int) throws(RawSocketError) {
        while pings < count { try receiveFrame() }
    }

    /// Waits until the peer has acknowledged this many SETTINGS frames.
    package func receiveAcknowledgements(_ count: Int) throws(RawSocketError) {
        while acknowledgements < count { try receiveFrame() }
    }

    /// Receives frames until the peer closes the connection.
    package func receiveToEnd() throws(RawSocketError) {
        while true {
            do { try receiveFrame() } catch .ended { return }
        }
    }

    /// Receives the next frame.
    package func receiveFrame() throws(RawSocketError) {
        while true {
            if let frame = HTTP2Frame.take(from: &socket.buffer) { return try take(frame) }
            guard try socket.receiveMore() else { throw .ended(after: "\(resets.count) resets") }
        }
    }

    private func take(_ frame: HTTP2Frame) throws(RawSocketError) {
        switch frame.kind {
        case HTTP2Frame.Kind.headers:
            guard let fields = inflater.fields(of: frame.payload) else { throw .malformed("a header block") }
            let named = Dictionary(fields.map { ($0.name, $0.value) }) { $0 + ", " + $1 }
            if named[":path"] != nil {
                windows[frame.stream] = initialWindow
                requests.append(Request(stream: frame.stream, fields: named))
            }
        case HTTP2Frame.Kind.data: bodies[frame.stream, default: []] += frame.payload
        case HTTP2Frame.Kind.resetStream: resets.append(frame.stream)
        case HTTP2Frame.Kind.windowUpdate:
            if frame.stream == 0 {
                connectionWindow += Int(frame.number())
            } else {
                windows[frame.stream, default: initialWindow] += Int(frame.number())
            }
        case HTTP2Frame.Kind.settings where frame.flags == 0:
            for start in stride(from: 0, to: frame.payload.count, by: 6) where frame.payload[start + 1] == 4 {
                initialWindow = Int(frame.number(at: start + 2))
            }
            try send(HTTP2Frame(HTTP2Frame.Kind.settings, flags: HTTP2Frame.acknowledgement))
        case HTTP2Frame.Kind.settings: acknowledgements += 1
        case HTTP2Frame.Kind.ping where frame.flags == 0:
            pings += 1
            guard answersPings else { break }
            try send(HTTP2Frame(HTTP2Frame.Kind.ping, flags: HTTP2Frame.acknowledgement, frame.payload))
        default: break
        }
        if frame.kind <= HTTP2Frame.Kind.headers && frame.isEnd { endedStreams.insert(frame.stream) }
    }

    // MARK: Responses

    /// Responds with a head and content, in frames that the windows allow. It waits for closed windows.
    package func respond(_ stream: UInt32, content count: Int, isEnd: Bool = true) throws(RawSocketError) {
        try send(.headers(stream, [(":status", "200")], isEnd: isEnd && count == 0))
        var left = count
        while left > 0 {
            let piece = min(left, 16_384, windows[stream] ?? 0, connectionWindow)
            guard piece > 0 else {
                try receiveFrame()
                continue
            }
            left -= piece
            windows[stream]? -= piece
            connectionWindow -= piece
            try send(.data(stream, [UInt8](repeating: 0x78, count: piece), isEnd: isEnd && left == 0))
        }
    }
}
