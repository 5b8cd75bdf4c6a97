internal import HTTP

/// A request for WebSocket on its way to a worker, and what the worker has to answer to it.
struct UpgradeRequest {
    /// The key to send when the client brought none: over HTTP/2 there is no such field.
    let ownKey: WebSocketKey?
    private let answer: [UInt8]

    /// Nil when the request asks for no upgrade.
    init?(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        guard head.upgradesToWebSocket else { return nil }
        for field in head.fields where field.known == .secWebSocketKey {
            ownKey = nil
            answer = WebSocketKey(text: Array(field.value.in(bytes))).answer
            return
        }
        let key = WebSocketKey.random()
        ownKey = key
        answer = key.answer
    }

    /// Whether a 101 is an answer to this request (RFC 6455 4.1): whoever sends another has not understood it.
    func isAnswered(by head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var count = 0
        for field in head.fields where field.name.in(bytes).isFieldName("sec-websocket-accept") {
            guard field.value.in(bytes).elementsEqual(answer) else { return false }
            count += 1
        }
        return count == 1
    }
}
