/// The key and the response value of WebSocket's opening handshake (RFC 6455 4.2.2). The client sends a key, and only a
/// WebSocket server can compute the matching response.
package struct WebSocketKey: Sendable {
    /// The value of Sec-WebSocket-Key: 16 bytes in base64.
    package let text: [UInt8]

    /// A random key for a client that sends none (RFC 8441 5.1).
    package static func random() -> WebSocketKey {
        var generator = SystemRandomNumberGenerator()
        return WebSocketKey(text: Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }))
    }

    package init(text: [UInt8]) {
        self.text = text
    }

    /// The matching value of Sec-WebSocket-Accept.
    package var answer: [UInt8] {
        Base64.encode(SHA1.digest(of: text + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }
}
