internal import HTTP

/// A request for WebSocket on its way to a worker, and the response that accepts it.
struct UpgradeRequest {
    /// The key that the proxy sends when the client sent none: HTTP/2 has no such field.
    let ownKey: WebSocketKey?
    private let acceptance: [UInt8]

    /// Nil if the request asks for no upgrade.
    init?(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        guard head.upgradesToWebSocket else { return nil }
        for field in head.fields where field.known == .secWebSocketKey {
            ownKey = nil
            acceptance = WebSocketKey(text: Array(field.value.in(bytes))).answer
            return
        }
        let key = WebSocketKey.random()
        ownKey = key
        acceptance = key.answer
    }

    /// True if a 101 accepts this request (RFC 6455 4.1). An upstream that sends another value has not understood the
    /// handshake.
    func isAccepted(by head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var count = 0
        for field in head.fields where field.name.in(bytes).isFieldName("sec-websocket-accept") {
            guard field.value.in(bytes).elementsEqual(acceptance) else { return false }
            count += 1
        }
        return count == 1
    }
}
