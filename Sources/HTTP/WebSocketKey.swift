/// The key and the response value of WebSocket's opening handshake (RFC 6455 4.2.2). The client sends a key, and only a
/// WebSocket server can compute the matching response.
package struct WebSocketKey: Sendable {
    /// The value of Sec-WebSocket-Key: 16 bytes in base64.
    package let text: [UInt8]

    /// A random key for a client that sends none (RFC 8441 5.1).
    package static func random() -> WebSocketKey {
        var generator = SystemRandomNumberGenerator()
        return WebSocketKey(text: base64((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }))
    }

    package init(text: [UInt8]) {
        self.text = text
    }

    /// The matching value of Sec-WebSocket-Accept.
    package var answer: [UInt8] {
        WebSocketKey.base64(SHA1.digest(of: text + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }

    /// Base64 with padding (RFC 4648 4).
    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for index in 0..<3 { word = word << 8 | (index < group.count ? UInt32(group[start + index]) : 0) }
            for index in 0..<4 {
                text.append(index <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * index) & 0x3F)] : 0x3D)
            }
        }
        return text
    }
}
