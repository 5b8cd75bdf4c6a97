import HTTP
import Testing

/// The message heads of WebSocket's opening handshake.
@Suite struct WebSocketTests {
    @Test(arguments: [
        // RFC 6455 1.3.
        ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        // Computed with `openssl dgst -sha1 -binary | openssl base64`. The lengths need one block, two blocks, and
        // padding between them.
        ("", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="), ("x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
        (String(repeating: "k", count: 19), "tWclcP21hrR+xgjYVswtQRW71GQ="),
        (String(repeating: "k", count: 28), "x9bmfLYIxLMaaT5h0sFuRlAhhb8="),
    ])
    func knowsTheAnswer(_ key: String, _ answer: String) {
        #expect(String(decoding: WebSocketKey(text: Array(key.utf8)).answer, as: UTF8.self) == answer)
    }

    @Test func generatedKeysAreSixteenRandomBytes() {
        let keys = (0..<100).map { _ in String(decoding: WebSocketKey.random().text, as: UTF8.self) }
        #expect(Set(keys).count == 100)
        #expect(keys.allSatisfy { $0.count == 24 && $0.hasSuffix("==") })
    }

    @Test(arguments: [
        ("101 Switching Protocols", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true),
        ("101 x", "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n", true),
        ("101 x", "Connection: Upgrade\r\n", false), ("101 x", "Upgrade: websocket\r\n", false),
        ("101 x", "Connection: Upgrade\r\nUpgrade: h2c\r\n", false),
        ("101 x", "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", false),
        ("101 x", "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n", false),
        ("200 OK", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false),
    ])
    func knowsASwitch(_ status: String, _ lines: String, _ switches: Bool) {
        var parser = ResponseParser()
        var head = ResponseHead()
        var text = "HTTP/1.1 \(status)\r\n\(lines)\r\n"
        let count = text.utf8.count
        #expect(text.withUTF8 { parser.parse($0, answering: .get, into: &head) } == .complete(headLength: count))
        #expect(head.switchesToWebSocket == switches)
    }
}
