import HTTP
import Testing

/// Thousands of damaged messages. The parsers never trap, and the result never depends on how the input is split.
@Suite struct MutationTests {
    static let clients: [String] = [
        "GET / HTTP/1.1\r\nHost: localhost:8000\r\n\r\nGET /b?c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        "POST http://b/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
            + "5;a=\"b;\\\"\";c\r\nhello\r\n1\r\nx\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: x-y, upgrade\r\nX-Y: 1\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Key: dGhl\r\n\r\n\u{1}\u{2}",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 1\r\nX-SSL-Client-Cert: 1\r\nCookie: a=\u{e9}\r\n\r\n",
    ]
    static let servers: [String] = [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 204 \r\n\r\n",
        "HTTP/1.0 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nuntil the end",
    ]
    /// Bytes with a special meaning in some parser.
    static let interesting =
        Array("\r\n\t :;,=\"\\/?#*@[]%+-_.0159afAFHTP".utf8) + [0x00, 0x0B, 0x7F, 0x80, 0xE9, 0xFF]

    @Test(arguments: 0..<20 as Range<UInt64>)
    func survivesDamage(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<1000 {
            let isClient = round % 3 != 0
            let speaker: Conversation.Speaker = isClient ? .client : .server(answering: round % 2 == 0 ? .get : .head)
            let corpus = isClient ? Self.clients : Self.servers
            let input = damaged(corpus, &random)
            let whole = Conversation(speaker, input)
            let cuts = (0..<4).map { _ in Int.random(in: 0...input.count, using: &random) }.sorted()
            let pieces = Conversation(speaker, input, cuts: cuts)
            #expect(pieces == whole, "seed \(seed), round \(round), cuts \(cuts): \(Sample("", bytes: input).escaped)")
            if round % 8 == 0 {
                let bytewise = Conversation(speaker, input, cuts: Array(0..<input.count))
                #expect(bytewise == whole, "seed \(seed), round \(round): \(Sample("", bytes: input).escaped)")
            }
        }
    }

    private func damaged(_ corpus: [String], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(corpus[Int.random(in: 0..<corpus.count, using: &random)].utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let byte = Self.interesting[Int.random(in: 0..<Self.interesting.count, using: &random)]
            let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
            switch Int.random(in: 0..<7, using: &random) {
            case 0 where place < bytes.count: bytes[place] = byte
            case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            case 4:
                let other = Array(corpus[Int.random(in: 0..<corpus.count, using: &random)].utf8)
                bytes.replaceSubrange(place..., with: other[Int.random(in: 0..<other.count, using: &random)...])
            case 5 where place > 20: bytes.removeSubrange(place...)
            default: bytes.insert(byte, at: place)
            }
        }
        return bytes
    }
}

extension Sample {
    /// The input for use in a test: every byte except visible ASCII is escaped.
    var escaped: String {
        input.map { (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
    }
}
