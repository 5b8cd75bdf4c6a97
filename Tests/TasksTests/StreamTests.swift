import Connections
import Foundation
import TestSupport
import Testing

@testable import Tasks

/// Tests of `GET /bytes/N` and `POST /echo`.
@Suite(.timeLimit(.minutes(5))) struct StreamTests {
    /// The pattern has twice the length that `isPattern` compares at a time, so a comparison can begin at any offset.
    static let pattern = [UInt8](
        (0..<(128 << 10)).map {
            Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n".utf8)[$0 % 64]
        })

    /// True if `bytes` continue the pattern from `position` on.
    private func isPattern(_ bytes: [UInt8], from position: Int) -> Bool {
        stride(from: 0, to: bytes.count, by: 64 << 10).allSatisfy { start in
            bytes.withUnsafeBytes { bytes in
                StreamTests.pattern.withUnsafeBytes { pattern in
                    let count = min(64 << 10, bytes.count - start)
                    guard let bytes = bytes.baseAddress, let pattern = pattern.baseAddress else { return false }
                    return memcmp(bytes + start, pattern + (position + start) % 64, count) == 0
                }
            }
        }
    }

    /// Receives `count` bytes. False if a byte differs from the pattern, or if the server holds too many bytes in
    /// memory.
    private func receivePattern(_ count: Int, from client: RawClient, _ server: TaskServer) throws -> Bool {
        var position = 0
        while position < count {
            let piece = try client.receive(count: min(256 << 10, count - position))
            guard isPattern(piece, from: position), server.isOutputBounded else { return false }
            position += piece.count
        }
        return true
    }

    @Test(arguments: [0, 1, 63, 64, 65, 4_096, 65_535, 65_536, 65_537, 1_000_003])
    func sendsTheRequestedNumberOfBytes(_ count: Int) throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.send(RawClient.request("GET", "/bytes/\(count)"))
        let head = try client.receiveHead()
        #expect(head.status == 200)
        #expect(head.fields["content-length"] == "\(count)")
        #expect(head.fields["content-type"] == "application/octet-stream")
        #expect(head.fields["date"] != nil)
        #expect(try receivePattern(count, from: client, server))
        #expect(try client.exchange("GET", "/").text == "worker-8001\n")
    }

    @Test func holdsLittleForASlowReader() throws {
        let server = try TaskServer()
        let client = try server.client(receiveBuffer: 8 << 10)
        try client.send(RawClient.request("GET", "/bytes/\(64 << 20)"))
        _ = try client.receiveHead()
        // The server serves another client meanwhile, even with a stream of the same kind.
        let other = try server.client()
        try other.send(RawClient.request("GET", "/bytes/\(8 << 20)"))
        _ = try other.receiveHead()
        #expect(try receivePattern(8 << 20, from: other, server))
        #expect(try receivePattern(64 << 20, from: client, server))
        #expect(try client.exchange("GET", "/").status == 200)
    }

    @Test func stopsSendingWhenTheClientGoes() throws {
        let server = try TaskServer()
        for _ in 0..<4 {
            let client = try server.client(receiveBuffer: 8 << 10)
            try client.send(RawClient.request("GET", "/bytes/1073741824"))
            _ = try client.receiveHead()
            client.reset()
        }
        #expect(server.test.losesAllConnections())
        #expect(server.test.becomesIdle())
        #expect(try server.client().exchange("GET", "/").status == 200)
    }

    @Test func echoesWithLengthAndType() throws {
        let server = try TaskServer()
        let client = try server.client()
        let typed = try client.exchange("POST", "/echo", fields: "Content-Type: text/html; x=\"y\"\r\n", body: "<p>")
        #expect(typed.status == 200)
        #expect(typed.text == "<p>")
        #expect(typed.fields["content-type"] == "text/html; x=\"y\"")
        #expect(typed.fields["content-length"] == "3")
        #expect(typed.fields["date"] != nil)
        let plain = try client.exchange("POST", "/echo", body: "x")
        #expect(plain.fields["content-type"] == "application/octet-stream")
        for body in [nil, ""] {
            let empty = try client.exchange("POST", "/echo", body: body)
            #expect(empty.status == 200)
            #expect(empty.fields["content-length"] == "0")
        }
    }

    @Test func echoesChunksAsChunks() throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.send(RawClient.request("POST", "/echo", fields: "Transfer-Encoding: chunked\r\n"))
        try client.send("3;x=y\r\nabc\r\n")
        let head = try client.receiveHead()
        #expect(head.fields["transfer-encoding"] == "chunked")
        #expect(head.fields["content-length"] == nil)
        #expect(try client.receiveChunk() == Array("abc".utf8))
        try client.send("2\r\nde\r\n0\r\nTrailer: dropped\r\n\r\n")
        #expect(try client.receiveChunk() == Array("de".utf8))
        #expect(try client.receiveChunk() == nil)
        #expect(try client.exchange("GET", "/").status == 200)
    }

    @Test func asksForTheContentToEcho() throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.send("POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try client.receiveResponse().status == 100)
        try client.send("ab")
        #expect(try client.receiveResponse().text == "ab")
    }

    /// The server sends the response head with the first byte of content. So a request with broken content still
    /// receives an error.
    @Test func refusesBrokenContentBeforeItsFirstByte() throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.send(RawClient.request("POST", "/echo", fields: "Transfer-Encoding: chunked\r\n") + "zz\r\n")
        #expect(try client.receiveResponse().status == 400)
        #expect(try client.isEndedByPeer())
    }

    @Test(arguments: [false, true])
    func echoesMuchToASlowReader(isChunked: Bool) throws {
        let server = try TaskServer()
        let client = try server.client(receiveBuffer: 8 << 10)
        let count = 64 << 20
        nonisolated(unsafe) let sender = client
        let sent = DispatchSemaphore(value: 0)
        Thread {
            let block = Array(StreamTests.pattern[..<(64 << 10)])
            try? sender.send(
                RawClient.request(
                    "POST", "/echo",
                    fields: isChunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(count)\r\n"))
            for _ in 0..<(count / block.count) {
                if isChunked { try? sender.send("10000\r\n") }
                try? sender.send(block)
                if isChunked { try? sender.send("\r\n") }
            }
            if isChunked { try? sender.send("0\r\n\r\n") }
            sent.signal()
        }.start()
        #expect(try client.receiveHead().status == 200)
        if isChunked {
            var position = 0
            while let chunk = try client.receiveChunk() {
                #expect(isPattern(chunk, from: position) && server.isOutputBounded)
                position += chunk.count
            }
            #expect(position == count)
        } else {
            #expect(try receivePattern(count, from: client, server))
        }
        #expect(sent.wait(timeout: .now() + 20) == .success)
        #expect(try client.exchange("GET", "/").status == 200)
    }

    /// The server stops reading from a client that sends and never reads. The server's memory stays bounded.
    @Test func stopsReadingFromAClientThatDoesNotRead() throws {
        var limits = DownstreamLimits()
        limits.stallMilliseconds = 300
        let server = try TaskServer(limits: limits)
        let client = try server.client(receiveBuffer: 8 << 10)
        try client.send(RawClient.request("POST", "/echo", fields: "Content-Length: \(1 << 30)\r\n"))
        let block = [UInt8](repeating: 0, count: 1 << 20)
        var sent = 0
        // The loop ends at the stall timeout: the server closes the connection, and sending fails.
        while (try? client.send(block)) != nil { sent += block.count }
        #expect(sent < 64 << 20)
        #expect(server.test.losesAllConnections())
    }
}
