import TestSupport

/// A way in which a connection and its request end.
enum Ending: String, CaseIterable {
    case answered, refused
    case resetInHead, resetInUpload, resetWhileWaiting, resetInDownload
    case brokenByWorker, goneWorker, lateWorker, earlyAnswer
    case tunnelEndedByClient, tunnelEndedByWorker, tunnelResetByClient, tunnelBrokenByWorker
    /// HTTP/2 only.
    case streamReset, goAway

    var isTunnel: Bool {
        switch self {
        case .tunnelEndedByClient, .tunnelEndedByWorker, .tunnelResetByClient, .tunnelBrokenByWorker: true
        default: false
        }
    }

    /// The possible ends for each version of HTTP and each kind of upstream.
    static func all(of upstream: ProxiedFront.Upstream, isHTTP2: Bool) -> [Ending] {
        allCases.filter { ending in
            if upstream == .h2c && (ending.isTunnel || ending == .goneWorker) { return false }
            return isHTTP2 || (ending != .streamReset && ending != .goAway)
        }
    }

    private static let webSocket =
        "GET /tunnel HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    private static let upload = "POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nhalf"

    /// Causes the end once, over an HTTP/1.1 connection.
    func perform(over client: RawClient) throws {
        switch self {
        case .answered: _ = try client.exchange("GET", "/ok")
        case .refused:
            try client.send("BAD\r\n\r\n")
            _ = try client.receiveResponse()
        case .resetInHead:
            try client.send("GET /ok HTTP/1.1\r\nHost: ")
            client.reset()
        case .resetInUpload:
            try client.send(Ending.upload)
            client.reset()
        case .resetWhileWaiting:
            try client.send(RawClient.request("GET", "/never"))
            client.reset()
        case .resetInDownload:
            try client.send(RawClient.request("GET", "/endless"))
            _ = try client.receive(count: 10_000)
            client.reset()
        case .brokenByWorker:
            // If no part of the response has arrived, the client gets an error response.
            try client.send(RawClient.request("GET", "/break", fields: "Connection: close\r\n"))
            _ = try client.receiveToEnd()
        case .goneWorker: _ = try client.exchange("POST", "/gone", body: "x")
        case .lateWorker: _ = try client.exchange("POST", "/never", body: "x")
        case .earlyAnswer:
            try client.send("POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nhalf")
            _ = try client.receiveResponse()
            client.reset()
        case .tunnelEndedByClient, .tunnelEndedByWorker, .tunnelResetByClient, .tunnelBrokenByWorker:
            try client.send(Ending.webSocket)
            _ = try client.receiveHead()
            try client.send("hello")
            _ = try client.receive(count: 5)
            try endTunnel(over: client)
        case .streamReset, .goAway: break
        }
        client.close()
    }

    private func endTunnel(over client: RawClient) throws {
        switch self {
        case .tunnelEndedByClient: client.closeWrite()
        case .tunnelEndedByWorker: try client.send("q")
        case .tunnelBrokenByWorker: try client.send("x")
        default: return client.reset()
        }
        // The connection may break with a reset.
        _ = try? client.receiveToEnd()
    }

    /// Causes the end once, over an HTTP/2 connection.
    func perform(over client: HTTP2Client) throws {
        switch self {
        case .answered: _ = try client.exchange("GET", "/ok")
        case .refused: _ = try client.exchange("GET", "/ok", [("host", "another")])
        case .resetInHead:
            try client.send(.headers(1, HTTP2Frame.request("GET", "/ok"), isWhole: false))
            client.socket.reset()
        case .resetInUpload:
            try client.send(.data(try client.begin("POST", "/upload", isEnd: false), [1, 2, 3]))
            client.socket.reset()
        case .resetWhileWaiting:
            _ = try client.begin("GET", "/never")
            client.socket.reset()
        case .resetInDownload:
            client.opensWindows = false
            _ = try client.wait { !$0.body.isEmpty }(try client.begin("GET", "/endless"))
            client.socket.reset()
        case .brokenByWorker: _ = try client.exchange("GET", "/break")
        case .goneWorker: _ = try client.exchange("POST", "/gone", body: "x")
        case .lateWorker: _ = try client.exchange("POST", "/never", body: "x")
        case .earlyAnswer:
            _ = try client.finish(try client.begin("POST", "/early", isEnd: false))
        case .tunnelEndedByClient, .tunnelEndedByWorker, .tunnelResetByClient, .tunnelBrokenByWorker:
            try performTunnel(over: client)
        case .streamReset:
            let streams = try ["/never", "/endless"].map { try client.begin("GET", $0) }
            _ = try client.wait { $0.status == 200 }(streams[1])
            for stream in streams { try client.send(.reset(stream)) }
            _ = try client.exchange("GET", "/ok")
        case .goAway:
            _ = try client.begin("GET", "/never")
            // DATA of stream 0 is a connection error (RFC 9113 6.1).
            try client.send(.data(0, [1]))
            try client.receiveToEnd()
        }
        client.socket.close()
    }

    private func performTunnel(over client: HTTP2Client) throws {
        let head = [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "test"),
            (":path", "/tunnel"), ("sec-websocket-version", "13"),
        ]
        try client.send(.headers(1, head, isEnd: false), .data(1, Array("hello".utf8)))
        _ = try client.wait { $0.text == "hello" }(1)
        switch self {
        case .tunnelEndedByClient: try client.send(.data(1, [], isEnd: true))
        case .tunnelEndedByWorker: try client.send(.data(1, Array("q".utf8)))
        case .tunnelBrokenByWorker: try client.send(.data(1, Array("x".utf8)))
        default: return try client.send(.reset(1))
        }
        _ = try client.finish(1)
    }
}
