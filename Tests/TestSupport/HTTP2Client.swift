/// An HTTP/2 client over a plain socket. The test controls every frame.
package final class HTTP2Client {
    package struct Response: Equatable {
        package var status = 0
        /// By name. Repeated fields are joined with a comma.
        package var fields: [String: String] = [:]
        /// The statuses of earlier interim responses.
        package var interim: [Int] = []
        package var body: [UInt8] = []
        package var trailers: [String: String] = [:]
        package var isWhole = false
        /// The code of the RST_STREAM that ended it.
        package var resetCode: UInt32?

        package init() {}

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    package let socket: RawSocket
    private let inflater = HeaderInflater()
    private var nextStream: UInt32 = 1
    /// Opens windows as content arrives. A test of flow control sets it to false.
    package var opensWindows = true
    private var responses: [UInt32: Response] = [:]
    private var isEnded = false
    /// The code of the last GOAWAY.
    package private(set) var goAwayCode: UInt32?
    package private(set) var goAwayStream: UInt32?
    /// All received frames, except content.
    package private(set) var seen: [HTTP2Frame] = []

    /// Connects and sends the preface and the settings.
    package init(
        port: UInt16, settings: [(UInt16, UInt32)] = [], receiveBuffer: Int32? = nil, source: UInt8? = nil
    ) throws(RawSocketError) {
        socket = try RawClient(port: port, receiveBuffer: receiveBuffer, source: source)
        try socket.send(HTTP2Frame.preface + HTTP2Frame.settings(settings).bytes)
    }

    package func send(_ frames: HTTP2Frame...) throws(RawSocketError) {
        guard !isEnded else { return }
        try socket.send(frames.flatMap(\.bytes))
    }

    /// Closes the sending side. Later bytes are not sent.
    package func closeWrite() {
        isEnded = true
        socket.closeWrite()
    }

    /// Begins a request. With a body the request is complete.
    ///
    /// - Returns: its stream.
    package func begin(
        _ method: String = "GET", _ path: String = "/", _ fields: [(String, String)] = [], body: String? = nil,
        isEnd: Bool = true
    ) throws(RawSocketError) -> UInt32 {
        let stream = nextStream
        nextStream += 2
        let head = HTTP2Frame.request(method, path, fields)
        try send(.headers(stream, head, isEnd: isEnd && body == nil))
        if let body { try send(.data(stream, Array(body.utf8), isEnd: isEnd)) }
        return stream
    }

    /// Sends a request and waits for the end of its response.
    package func exchange(
        _ method: String = "GET", _ path: String = "/", _ fields: [(String, String)] = [], body: String? = nil
    ) throws(RawSocketError) -> Response {
        let stream = try begin(method, path, fields, body: body)
        return try finish(stream)
    }

    /// Receives until the stream has ended, in any way.
    package func finish(_ stream: UInt32) throws(RawSocketError) -> Response {
        try wait { $0.isWhole || $0.resetCode != nil }(stream)
    }

    /// Receives until the stream's response meets a condition.
    package func wait(
        _ condition: @escaping (Response) -> Bool
    ) -> (UInt32) throws(RawSocketError) -> Response {
        { [self] stream throws(RawSocketError) in
            while true {
                if let response = responses[stream], condition(response) { return response }
                guard try receiveFrame() != nil else { throw .ended(after: "stream \(stream)") }
            }
        }
    }

    /// The received part of a stream's response.
    package func response(_ stream: UInt32) -> Response { responses[stream] ?? Response() }

    /// Receives until a frame of this kind arrives.
    package func receive(_ kind: UInt8) throws(RawSocketError) -> HTTP2Frame {
        while let frame = try receiveFrame() {
            if frame.kind == kind { return frame }
        }
        throw .ended(after: "waiting for a frame of kind \(kind)")
    }

    /// Receives everything to the end of the stream.
    package func receiveToEnd() throws(RawSocketError) {
        while try receiveFrame() != nil {}
    }

    /// Receives and processes the next frame; nil at the end of the stream.
    package func receiveFrame() throws(RawSocketError) -> HTTP2Frame? {
        while true {
            if let frame = HTTP2Frame.take(from: &socket.buffer) {
                try take(frame)
                return frame
            }
            guard try socket.receiveMore() else { return nil }
        }
    }

    private func take(_ frame: HTTP2Frame) throws(RawSocketError) {
        if frame.kind != HTTP2Frame.Kind.data { seen.append(frame) }
        switch frame.kind {
        case HTTP2Frame.Kind.headers: try takeHead(frame)
        case HTTP2Frame.Kind.data:
            responses[frame.stream, default: Response()].body += frame.payload
            if frame.isEnd { responses[frame.stream]?.isWhole = true }
            if opensWindows && !frame.payload.isEmpty {
                let count = UInt32(frame.payload.count)
                try send(.windowUpdate(0, count))
                if !frame.isEnd { try send(.windowUpdate(frame.stream, count)) }
            }
        case HTTP2Frame.Kind.resetStream:
            responses[frame.stream, default: Response()].resetCode = frame.number()
        case HTTP2Frame.Kind.settings where frame.flags == 0:
            try send(HTTP2Frame(HTTP2Frame.Kind.settings, flags: HTTP2Frame.acknowledgement))
        case HTTP2Frame.Kind.ping where frame.flags == 0:
            try send(HTTP2Frame(HTTP2Frame.Kind.ping, flags: HTTP2Frame.acknowledgement, frame.payload))
        case HTTP2Frame.Kind.goAway:
            goAwayStream = frame.number()
            goAwayCode = frame.number(at: 4)
        default: break
        }
    }

    private func takeHead(_ frame: HTTP2Frame) throws(RawSocketError) {
        guard let fields = inflater.fields(of: frame.payload) else { throw .malformed("a header block") }
        var response = responses[frame.stream] ?? Response()
        var named: [String: String] = [:]
        for field in fields { named[field.name] = named[field.name].map { "\($0), \(field.value)" } ?? field.value }
        if let status = named[":status"].flatMap({ Int($0) }) {
            if status < 200 {
                response.interim.append(status)
            } else {
                response.status = status
                response.fields = named
            }
        } else {
            response.trailers = named
        }
        if frame.isEnd { response.isWhole = true }
        responses[frame.stream] = response
    }
}
