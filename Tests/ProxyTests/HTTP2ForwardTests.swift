import Connections
import Foundation
import HTTP
import Proxy
import Sockets
import TestSupport
import Testing

/// Requests to an HTTP/2 application. This project's own server plays it, because it has tests of its own.
@Suite(.timeLimit(.minutes(5))) struct HTTP2ForwardTests {
    /// Responds with its input: method, target and content, the named fields, and trailers as trailers.
    private final class Application: Exchange, Service {
        private weak var downstream: (any Downstream)?
        private var seen = ""
        private var body: [UInt8] = []
        private var trailers: [(String, String)] = []

        init(on downstream: (any Downstream)? = nil) { self.downstream = downstream }

        func makeExchange(on downstream: any Downstream) -> any Exchange { Application(on: downstream) }

        func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
            seen =
                "\(head.methodName.string(in: bytes)) \(head.target.string(in: bytes)) \(head.authority.string(in: bytes))"
            for field in head.fields where field.known != .host {
                seen += " \(field.name.string(in: bytes))=\(field.value.string(in: bytes))"
            }
            body = []
            trailers = []
            guard let downstream else { return }
            if head.target.string(in: bytes) == "/early" {
                downstream.respond(status: 413, contentType: "text/plain", text: "no")
            } else if head.target.string(in: bytes) == "/head-only" {
                downstream.beginResponse(status: 200)
                downstream.appendField(name: "grpc-status", value: "5")
                downstream.endResponseHead(.none)
                downstream.endResponse()
            } else if head.target.string(in: bytes) == "/break" {
                downstream.beginResponse(status: 200)
                downstream.endResponseHead(.chunked)
                downstream.abortResponse()
            } else if head.target.string(in: bytes) == "/stream" {
                downstream.beginResponse(status: 200)
                downstream.endResponseHead(.chunked)
            }
        }

        func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
            if seen.contains("/stream") { downstream?.writeBody(bytes) } else { body += bytes }
        }

        func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
            trailers = fields.map { ($0.name.string(in: bytes), $0.value.string(in: bytes)) }
        }

        func requestEnd() {
            guard let downstream else { return }
            if !seen.contains("/stream") {
                guard downstream.canRespond else { return }
                downstream.beginResponse(status: 200)
                downstream.appendField(name: "x-seen", value: seen)
                downstream.endResponseHead(.chunked)
                body.withUnsafeBufferPointer { downstream.writeBody($0) }
            }
            for (name, value) in trailers + [("grpc-status", "0")] {
                Array(name.utf8).withUnsafeBufferPointer { name in
                    Array(value.utf8).withUnsafeBufferPointer { downstream.appendTrailer(name: name, value: $0) }
                }
            }
            downstream.endResponse()
        }

        func downstreamDrained() {}
        func cancelled() { seen = "" }
    }

    /// The forwarding worker in front of the application.
    private static func worker(port: UInt16) throws -> TestServer {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else { preconditionFailure("a literal") }
        return try TestServer(protocols: [.http2, .http1]) { loop in
            http2Front(loop, address)
        }
    }

    private static func application() throws -> TestServer {
        try TestServer(protocols: [.http2, .http1]) { _ in Application() }
    }

    @Test func fieldsContentAndTrailersPass() throws {
        let application = try HTTP2ForwardTests.application()
        let worker = try HTTP2ForwardTests.worker(port: application.port)
        let client = try RawClient(port: worker.port)
        for number in 0..<3 {
            try client.send(
                RawClient.request(
                    "POST", "/x?\(number)",
                    fields: "Transfer-Encoding: chunked\r\nX-A: b\r\nKeep-Alive: 5\r\nUnderstudy-Epoch: 3\r\n"
                        + "Proxy: http://evil\r\nClient-Cert: x\r\nTE: gzip\r\n")
                    + "3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n")
            let head = try client.receiveHead()
            #expect(head.status == 200)
            #expect(head.fields["x-seen"] == "POST /x?\(number) test x-a=b te=trailers")
            #expect(try client.receiveChunk() == Array("abc".utf8))
            #expect(try client.receive(until: "\r\n\r\n") == "0\r\nx-sum: 7\r\ngrpc-status: 0\r\n\r\n")
        }
        // One connection for all of them.
        #expect(application.onLoop { $0.counters.http2Connections.current } == 1)
        #expect(worker.becomesIdle())
        #expect(application.becomesIdle())
    }

    @Test func streamsBothWaysAtOnce() throws {
        let application = try HTTP2ForwardTests.application()
        let worker = try HTTP2ForwardTests.worker(port: application.port)
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin("POST", "/stream", isEnd: false)
        var sent = ""
        for number in 0..<20 {
            try client.send(.data(stream, Array("message \(number),".utf8)))
            sent += "message \(number),"
            let expected = sent
            _ = try client.wait { $0.text == expected }(stream)
        }
        try client.send(.data(stream, [], isEnd: true))
        let response = try client.finish(stream)
        #expect(response.trailers == ["grpc-status": "0"])
        #expect(worker.becomesIdle())
    }

    @Test func largeContentPasses() throws {
        let application = try HTTP2ForwardTests.application()
        let worker = try HTTP2ForwardTests.worker(port: application.port)
        let client = try RawClient(port: worker.port)
        let content = [UInt8](repeating: 0x61, count: 5_000_000)
        let sender = Sender(
            client, Array("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n".utf8), content)
        _ = try client.receiveHead()
        var received = 0
        while let chunk = try? client.receiveChunk() { received += chunk.count }
        #expect(received == content.count)
        #expect(sender.wait())
    }

    @Test func aResponseWithoutContentEndsWithItsHead() throws {
        let application = try HTTP2ForwardTests.application()
        let worker = try HTTP2ForwardTests.worker(port: application.port)
        let client = try RawClient(port: worker.port)
        for method in ["GET", "POST", "HEAD"] {
            let response = try client.exchange(method, "/head-only", body: method == "POST" ? "x" : nil)
            #expect(response.fields["grpc-status"] == "5")
            #expect(response.fields["content-length"] == (method == "HEAD" ? nil : "0"))
        }
    }

    @Test func failuresHaveTheirStatus() throws {
        let closed = try RawListener()
        let nobody = try HTTP2ForwardTests.worker(port: closed.port)
        // It accepts and sends bytes that are not HTTP/2.
        let client = try RawClient(port: nobody.port)
        try client.send(RawClient.request("GET", "/"))
        let peer = try closed.accept()
        try peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
        #expect(try client.receiveResponse().status == 502)
        let application = try HTTP2ForwardTests.application()
        let worker = try HTTP2ForwardTests.worker(port: application.port)
        let other = try RawClient(port: worker.port)
        try other.send(RawClient.request("GET", "/break"))
        // The head and the break leave the application together, so nothing has begun.
        #expect(try other.receiveResponse().status == 502)
        let early = try RawClient(port: worker.port)
        try early.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        #expect(try early.receiveResponse().status == 413)
        early.close()
        #expect(worker.becomesIdle())
        #expect(application.becomesIdle())
    }

    @Test func aClientThatLeavesCancelsTheStream() throws {
        let application = try HTTP2ForwardTests.application()
        let worker = try HTTP2ForwardTests.worker(port: application.port)
        let client = try RawClient(port: worker.port)
        try client.send("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        _ = try client.receiveHead()
        client.close()
        #expect(worker.becomesIdle())
        #expect(application.becomesIdle())
        // The connection continues for others.
        let other = try RawClient(port: worker.port)
        try other.send(RawClient.request("GET", "/next"))
        #expect(try other.receiveHead().status == 200)
        #expect(application.onLoop { $0.counters.http2Connections.current } == 1)
    }
}
