import Connections
import Foundation
import Sockets
import TestSupport
import Testing

@testable import Tasks

/// Tests of `POST /reverse`.
@Suite(.timeLimit(.minutes(5))) struct ReverseTests {
    @Test(arguments: [
        ("", ""), ("a", "a"), ("abc", "cba"), ("a\r\nb\n", "\nb\r\na"), ("e\u{301}x", "xe\u{301}"),
        (
            "\u{1F469}\u{200D}\u{1F467}!\u{1F1E9}\u{1F1EA}\u{1F1EB}\u{1F1F7}",
            "\u{1F1EB}\u{1F1F7}\u{1F1E9}\u{1F1EA}!\u{1F469}\u{200D}\u{1F467}"
        ),
        ("\u{D55C}\u{AE00}", "\u{AE00}\u{D55C}"), ("a\u{0}b", "b\u{0}a"),
    ])
    func reversesByCharacter(_ message: String, _ expected: String) throws {
        let server = try TaskServer()
        let response = try server.client().exchange("POST", "/reverse", body: message)
        #expect(response.status == 200)
        #expect(response.body == Array(expected.utf8))
        #expect(response.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(response.fields["date"] != nil)
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0x61, 0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
        ] as [[UInt8]])
    func refusesInvalidUTF8(_ message: [UInt8]) throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.send(
            "POST /reverse?delay_ms=50000 HTTP/1.1\r\nHost: test\r\nContent-Length: \(message.count)\r\n\r\n")
        try client.send(message)
        let response = try client.receiveResponse()
        #expect(response.status == 400)
        #expect(response.text.contains("UTF-8"))
        #expect(server.heldBytes == 0)
    }

    @Test func waitsAsLongAsAsked() throws {
        let server = try TaskServer()
        let client = try server.client()
        for _ in 0..<2 {
            let start = ContinuousClock.now
            #expect(try client.exchange("POST", "/reverse?delay_ms=150", body: "ab").text == "ba")
            #expect(ContinuousClock.now - start >= .milliseconds(150))
        }
    }

    /// More requests wait than the process has threads.
    @Test func holdsNoThreadWhileItWaits() throws {
        let server = try TaskServer(threads: 1)
        let clients = try (0..<50).map { _ in try server.client() }
        let start = ContinuousClock.now
        for client in clients { try client.send(RawClient.request("POST", "/reverse?delay_ms=300", body: "xyz")) }
        for client in clients { #expect(try client.receiveResponse().text == "zyx") }
        // One after another, the requests would take 15 seconds.
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(server.heldBytes == 0)
    }

    @Test func takesMessagesUpToTheLimit() throws {
        let server = try TaskServer()
        let client = try server.client()
        let longest = String(repeating: "ab", count: 512 << 10)
        #expect(try client.exchange("POST", "/reverse?delay_ms=1", body: longest).text == String(longest.reversed()))
        // The request has an Expect field: a client that keeps sending may lose the response when the connection is
        // reset.
        try client.send(
            RawClient.request(
                "POST", "/reverse", fields: "Expect: 100-continue\r\nContent-Length: \(longest.utf8.count + 1)\r\n"))
        let refused = try client.receiveResponse()
        #expect(refused.status == 413)
        #expect(refused.text.contains("a message has at most 1048576 bytes"))
        #expect(server.heldBytes == 0)
    }

    @Test(arguments: ["/reverse", "/reverse?delay_ms=60000"])
    func stopsWhenTheClientBreaksOff(_ target: String) throws {
        let server = try TaskServer()
        let client = try server.client()
        let message = String(repeating: "x", count: 100_000)
        try client.send(RawClient.request("POST", target, body: message))
        #expect(server.test.thread.eventually { server.test.server.counters.requests.current == 1 })
        client.reset()
        #expect(server.test.losesAllConnections())
        #expect(server.test.becomesIdle())
        #expect(server.heldBytes == 0)
    }

    /// A client that has closed only its sending direction still waits for its response (RFC 9112 9.6).
    @Test func answersAClientThatHasEndedItsSide() throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.send(RawClient.request("POST", "/reverse?delay_ms=50", body: "ab"))
        client.closeWrite()
        let response = try client.receiveResponse()
        #expect(response.text == "ba")
        #expect(response.fields["connection"] == "close")
        #expect(try client.isEndedByPeer())
    }

    /// Large messages that wait for their delay, from one client, leave memory for another.
    @Test func aClientHasAShareOfTheMemory() throws {
        let server = try TaskServer()
        let service = server.service
        let taken = TaskLimits.heldBytes / 2 - 5
        let greedy = try #require(SourceKey(host: "192.0.2.1"))
        #expect(server.test.thread.onLoop { service.value.budget.reserve(taken, for: greedy) })
        let client = try server.client()
        func status(_ host: String) throws -> RawResponse {
            try client.exchange("POST", "/reverse", fields: "X-Forwarded-For: \(host)\r\n", body: "0123456789")
        }
        let refused = try status("192.0.2.1")
        #expect(refused.status == 503)
        // Another worker may have room, and this one has not failed.
        #expect(refused.fields["understudy-untaken"] == "busy")
        #expect(try status("192.0.2.2").status == 200)
        #expect(server.heldBytes == taken)
    }

    @Test func boundsTheMemoryOfAllRequests() throws {
        let server = try TaskServer()
        let service = server.service
        let taken = TaskLimits.heldBytes - 10
        #expect(server.test.thread.onLoop { service.value.budget.reserve(taken, for: nil) })
        let client = try server.client()
        #expect(try client.exchange("POST", "/reverse", body: "0123456789").status == 200)
        let refused = try client.exchange("POST", "/reverse", body: "0123456789a")
        #expect(refused.status == 503)
        #expect(refused.fields["retry-after"] == "1")
        #expect(server.heldBytes == taken)
        #expect(try client.exchange("POST", "/write", body: "0123456789").status == 201)
    }

    @Test func dropsAnAnswerThatComesTooLate() throws {
        let server = try TaskServer(threads: 1)
        // The only helper thread is busy. So the result arrives after the client has gone.
        let gate = DispatchSemaphore(value: 0)
        #expect(server.files.assist { gate.wait() })
        let client = try server.client()
        try client.send(RawClient.request("POST", "/reverse", body: String(repeating: "x", count: 50_000)))
        let other = try server.client()
        try other.send(RawClient.request("POST", "/write", body: "line"))
        let third = try server.client()
        try third.send(RawClient.request("GET", "/read"))
        #expect(server.test.thread.eventually { server.test.server.counters.requests.current == 3 })
        client.reset()
        other.reset()
        third.reset()
        #expect(server.test.losesAllConnections())
        gate.signal()
        server.files.shutdown()
        #expect(server.test.becomesIdle())
        #expect(server.content == "line\n")
        #expect(server.heldBytes == 0)
        #expect(try server.client().exchange("GET", "/").status == 200)
    }
}
