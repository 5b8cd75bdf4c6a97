import Connections
import HTTP
import Sockets
import TestSupport

/// An application on a loop of its own. The path of a request selects its behaviour.
final class PlayedApplication {
    let server: TestServer

    init() throws {
        server = try TestServer(protocols: [.multiplexed, .http2, .http1]) { _ in PlayedService() }
    }
}

private final class PlayedService: Service {
    func makeExchange(on downstream: any Downstream) -> any Exchange { PlayedExchange(on: downstream) }
}

private final class PlayedExchange: Exchange {
    private unowned let downstream: any Downstream
    private let live: LiveObject
    private var path = ""
    private var isTunnel = false

    init(on downstream: any Downstream) {
        self.downstream = downstream
        live = LiveObject(PlayedExchange.self, on: downstream.loop)
    }

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        path = head.path.string(in: bytes)
        isTunnel = false
        switch path {
        case "/ok": downstream.respond(status: 200, contentType: "text/plain", text: "ok")
        case "/early": downstream.respond(status: 413, contentType: "text/plain", text: "too much")
        case "/large-head":
            downstream.beginResponse(status: 302)
            downstream.appendField(name: "location", value: "/" + String(repeating: "v", count: 13_000))
            downstream.endResponseHead(.length(0))
            downstream.endResponse()
        case "/endless":
            downstream.beginResponse(status: 200)
            downstream.endResponseHead(.length(1 << 40))
            write()
        case "/break":
            downstream.beginResponse(status: 200)
            downstream.endResponseHead(.length(10))
            Array("abc".utf8).withUnsafeBufferPointer { downstream.writeBody($0) }
            downstream.abortResponse()
        case "/paused": downstream.pauseReading()
        case "/gone": downstream.abortResponse()
        case "/tunnel": beginTunnel(head, bytes)
        default: break
        }
    }

    private func write() {
        let block = [UInt8](repeating: 0x61, count: 8 << 10)
        while path == "/endless" && !downstream.checkCongestion() {
            block.withUnsafeBufferPointer { downstream.writeBody($0) }
        }
    }

    private func beginTunnel(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        var key: [UInt8] = []
        for field in head.fields where field.name.string(in: bytes).lowercased() == "sec-websocket-key" {
            key = Array(field.value.in(bytes))
        }
        downstream.beginTunnel()
        WebSocketKey(text: key).answer.withUnsafeBufferPointer {
            downstream.appendField(name: "sec-websocket-accept", value: $0)
        }
        downstream.endTunnelHead()
        isTunnel = true
    }

    /// In a tunnel `q` closes the sending side, `x` breaks off, and all other bytes are echoed.
    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isTunnel else { return }
        switch bytes.first {
        case UInt8(ascii: "q"): downstream.endResponse()
        case UInt8(ascii: "x"): downstream.abortResponse()
        default: downstream.writeBody(bytes)
        }
    }

    func requestEnd() {
        if path == "/upload" {
            downstream.respond(status: 200, contentType: "text/plain", text: "ok")
        } else if isTunnel {
            downstream.endResponse()
        }
    }

    func downstreamDrained() { if path == "/endless" { write() } }
    func cancelled() { path = "" }
}
