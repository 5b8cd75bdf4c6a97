import Connections
import HTTP
import Sockets
import TestSupport
import Testing

/// Streams whose readers expect to read little. The peer sends little, and more step by step as it is read.
@Suite(.timeLimit(.minutes(5))) struct HesitantStreamTests {
    private struct Frame: Equatable {
        let kind: UInt8
        let stream: UInt8
        let content: [UInt8]

        init(_ kind: UInt8, stream: UInt8 = 0, _ content: [UInt8] = []) {
            self.kind = kind
            self.stream = stream
            self.content = content
        }

        static func credit(_ amount: Int, stream: UInt8 = 0) -> Frame {
            Frame(5, stream: stream, [24, 16, 8, 0].map { UInt8(amount >> $0 & 255) })
        }

        var bytes: [UInt8] {
            let count = content.count
            return [kind, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), 0, 0, 0, stream] + content
        }

        static func receive(from socket: RawSocket) throws -> Frame {
            let head = try socket.receive(count: 8)
            let count = Int(head[1]) << 16 | Int(head[2]) << 8 | Int(head[3])
            return Frame(head[0], stream: head[7], try socket.receive(count: count))
        }
    }

    private static let ask = Array("GET / HTTP/1.1\r\nhost: x\r\n\r\n".utf8)

    /// The reader's sign, and the growth of its credit.
    @Test func aHesitantReaderGivesCreditBySteps() throws {
        let listener = try RawListener()
        let harness = try MultiplexedHarness(port: listener.port)
        let reader = RecordingClient(log: EventLog())
        reader.isRoomy = false
        _ = harness.connect {
            $0.begin(reader, method: .get)
            $0.write { $0.append("GET / HTTP/1.1\r\nhost: x\r\n\r\n") }
            $0.endRequest()
        }
        let peer = try listener.accept()
        _ = try peer.receive(count: 8)
        #expect(try Frame.receive(from: peer) == Frame(0))
        #expect(try Frame.receive(from: peer) == .credit(0))
        #expect(try Frame.receive(from: peer) == Frame(1, HesitantStreamTests.ask))
        var content = Array("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".utf8)
        content += [UInt8](repeating: 7, count: (4 << 10) - content.count)
        try peer.send(Frame(1, content).bytes)
        for step in [8 << 10, 16 << 10, 32 << 10, 64 << 10] {
            #expect(try Frame.receive(from: peer) == .credit(step))
            try peer.send(Frame(1, [UInt8](repeating: 7, count: min(step, 60_000))).bytes)
        }
        #expect(harness.eventually { reader.body.count > 100_000 })
    }

    /// The sender's reaction.
    @Test func aSenderRespectsAHesitantReader() throws {
        let server = try ScriptedServer(protocols: [.multiplexed, .http1]) { exchange in
            let content = [UInt8](repeating: 7, count: exchange.target == "/" ? 1 << 20 : 2)
            exchange.begin(.length(UInt64(content.count)))
            exchange.write(content)
            exchange.end()
        }
        let client = try server.client()
        try client.send("USTDY/1\n")
        let asked = [Frame(0), .credit(0), Frame(1, HesitantStreamTests.ask)]
        try client.send(asked.flatMap(\.bytes))
        var received = 0
        var barrier: UInt8 = 0
        /// Receives until the response on another stream shows that the first one sends nothing more.
        func receiveAll() throws {
            barrier += 1
            let other = Array("GET /small HTTP/1.1\r\nhost: x\r\n\r\n".utf8)
            try client.send(Frame(0, stream: barrier, other).bytes)
            while true {
                let frame = try Frame.receive(from: client)
                if frame.stream == 0 && frame.kind == 1 { received += frame.content.count }
                if frame.stream == barrier && frame.kind == 1 { return }
            }
        }
        try receiveAll()
        #expect(received == 4 << 10)
        try client.send(Frame.credit(8 << 10).bytes)
        try receiveAll()
        #expect(received == 12 << 10)
        // From here on the whole window counts: its rest, and the two credits.
        try client.send(Frame.credit(64 << 10).bytes)
        try receiveAll()
        #expect(received == (128 + 8 + 64) << 10)
    }
}
