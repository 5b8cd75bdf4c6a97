import Connections
import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

/// Requests and responses over a working upstream connection.
@Suite(.timeLimit(.minutes(5))) struct UpstreamExchangeTests {
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: x\r\n\r\n",
            "hello", true
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true), ("HTTP/1.1 204 \r\n\r\n", "", true),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", true),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "hello", false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", false),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", "hello", true),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 \r\n\r\n", "", true),
    ])
    func takesAResponse(_ response: String, _ body: String, _ isReusable: Bool) throws {
        for isByteByByte in [false, true] {
            let harness = try UpstreamHarness()
            let client = harness.begin()
            let peer = try harness.acceptRequest()
            if isByteByByte { try peer.sendByteByByte(response) } else { try peer.send(response) }
            #expect(harness.eventually("ended"))
            #expect(client.body == Array(body.utf8))
            #expect(client.failure == nil)
            #expect(harness.onLoop { $0.isIdle } == isReusable)
            #expect(harness.log.count("closed") == (isReusable ? 0 : 1))
        }
    }

    @Test func readsUntilTheEndOfTheConnection() throws {
        let harness = try UpstreamHarness()
        let client = harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\n\r\nhel")
        try peer.send("lo")
        peer.close()
        #expect(harness.eventually("ended"))
        #expect(client.body == Array("hello".utf8))
        #expect(harness.events.suffix(2) == ["closed", "ended"])
    }

    @Test func reusesTheConnection() throws {
        let harness = try UpstreamHarness()
        harness.begin()
        let peer = try harness.acceptRequest()
        for number in 1...3 {
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
            #expect(harness.eventually("ended", count: number))
            #expect(harness.log.count("idle") == number)
            let client = harness.begin("POST /\(number) HTTP/1.1\r\n\r\n", method: .post)
            #expect(try peer.receive(until: "\r\n\r\n") == "POST /\(number) HTTP/1.1\r\n\r\n")
            #expect(harness.onLoop { $0.isReused })
            #expect(client.body.isEmpty)
        }
        #expect(!harness.listener.hasConnection)
    }

    @Test func aConnectionThatWasIdleBeforeItsFirstRequestCountsAsReused() throws {
        let warm = try UpstreamHarness()
        #expect(warm.eventually("open"))
        warm.begin()
        #expect(warm.onLoop { $0.isReused })
    }

    @Test func aResponseToHeadEndsWithItsHead() throws {
        let harness = try UpstreamHarness()
        harness.begin("HEAD / HTTP/1.1\r\n\r\n", method: .head)
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        #expect(harness.eventually("ended"))
        #expect(harness.onLoop { $0.isIdle })
    }

    /// Bytes after a response belong to no request. The connection is out of step.
    @Test func extraBytesPreventReuse() throws {
        let harness = try UpstreamHarness()
        let client = harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n")
        #expect(harness.eventually("ended"))
        #expect(client.body == Array("ok".utf8))
        #expect(harness.events == ["response 200 OK", "closed", "ended"])
    }

    @Test func unexpectedBytesCloseTheConnection() throws {
        let harness = try UpstreamHarness()
        let peer = try harness.listener.accept()
        #expect(harness.eventually("open"))
        try peer.send("HTTP/1.1 200 OK\r\n\r\n")
        #expect(harness.eventually("closed"))
    }

    @Test(arguments: [false, true])
    func closesWhenThePeerEndsAnIdleConnection(isReset: Bool) throws {
        let harness = try UpstreamHarness()
        let peer = try harness.listener.accept()
        #expect(harness.eventually("open"))
        if isReset { peer.reset() } else { peer.close() }
        #expect(harness.eventually("closed"))
        #expect(harness.onLoop { $0.isClosed })
    }

    /// A response before the request is complete: the rest is not sent, so the connection can't be reused.
    @Test func takesAnEarlyResponse() throws {
        let harness = try UpstreamHarness()
        let client = harness.begin("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf", method: .post, isWhole: false)
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nbig")
        #expect(harness.eventually("ended"))
        #expect(client.body == Array("big".utf8))
        #expect(harness.events == ["response 413 No", "closed", "ended"])
    }

    @Test func sendsOnlyAsFastAsThePeerReads() throws {
        let harness = try UpstreamHarness()
        let client = harness.begin("POST / HTTP/1.1\r\n\r\n", method: .post, isWhole: false)
        let block = [UInt8](repeating: UInt8(ascii: "b"), count: 32 << 10)
        let connection = harness.connection
        harness.thread.onLoop {
            var left = 512
            client.atDrained = {
                while left > 0, !connection.checkCongestion() {
                    left -= 1
                    block.withUnsafeBufferPointer { connection.write($0) }
                }
                if left == 0 { connection.endRequest() }
            }
            client.atDrained()
        }
        let peer = try harness.acceptRequest()
        #expect(try peer.receive(count: 16 << 20) == [UInt8](repeating: UInt8(ascii: "b"), count: 16 << 20))
        #expect(harness.log.count("upstream drained") > 1)
        try peer.send("HTTP/1.1 204 \r\n\r\n")
        #expect(harness.eventually("ended"))
        #expect(harness.onLoop { $0.isIdle })
    }

    @Test func pausesForASlowClient() throws {
        let harness = try UpstreamHarness(limits: shortened { $0.stallMilliseconds = 200 })
        let connection = harness.connection
        let client = harness.begin()
        harness.thread.onLoop { client.atSent = { _ in connection.pauseReading() } }
        let peer = try harness.acceptRequest()
        // Two chunks at once: the second is delivered although reading is paused, and starts no timeout.
        try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n")
        #expect(harness.thread.eventually { client.body.count == 2 })
        try peer.send("1\r\nc\r\n0\r\n\r\n")
        // Longer than the stall timeout: the peer is not the slow side.
        let start = ContinuousClock.now
        #expect(harness.thread.eventually { ContinuousClock.now - start > .milliseconds(600) })
        #expect(client.body.count == 2)
        #expect(client.failure == nil)
        harness.onLoop { $0.resumeReading() }
        #expect(harness.eventually("ended"))
        #expect(client.body == Array("abc".utf8))
    }

    /// epoll(7) reports a broken connection again and again, requested or not.
    @Test func aBreakDuringAPauseDoesNotSpin() throws {
        let harness = try UpstreamHarness()
        let connection = harness.connection
        let log = harness.log
        let client = harness.begin()
        harness.thread.onLoop { client.atSent = { _ in connection.pauseReading() } }
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na")
        #expect(harness.thread.eventually { client.body.count == 1 })
        peer.reset()
        let timer = harness.onLoop { LoopTimer(on: $0.loop) }
        // Not measured on the loop meanwhile, because that would keep it busy.
        let done = DispatchSemaphore(value: 0)
        harness.thread.onLoop {
            let before = threadMilliseconds()
            timer.action = {
                log.add(threadMilliseconds() - before < 100 ? "quiet" : "spinning")
                done.signal()
            }
            timer.set(afterMilliseconds: 400)
        }
        #expect(done.wait(timeout: .now() + 20) == .success)
        #expect(log.count("quiet") == 1)
        harness.onLoop { $0.resumeReading() }
        #expect(harness.eventually("failed: the connection ended in the middle of the answer"))
    }

    @Test func beginsTheNextRequestFromTheEndOfTheLast() throws {
        let harness = try UpstreamHarness()
        let connection = harness.connection
        let second = RecordingClient(log: harness.log)
        let first = harness.begin()
        harness.thread.onLoop {
            first.atEnd = {
                connection.begin(second, method: .get)
                connection.write { $0.append("GET /2 HTTP/1.1\r\n\r\n") }
                connection.endRequest()
            }
        }
        let peer = try harness.acceptRequest()
        // In two pieces, so that the first response is assembled from stored bytes.
        try peer.send("HTTP/1.1 200 OK\r\nContent-")
        #expect(harness.thread.eventually { true })
        try peer.send("Length: 1\r\n\r\n1")
        #expect(try peer.receive(until: "\r\n\r\n") == "GET /2 HTTP/1.1\r\n\r\n")
        try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")
        #expect(harness.eventually("ended", count: 2))
        #expect(first.body == Array("1".utf8))
        #expect(second.body == Array("2".utf8))
    }

    @Test func aCancelledConnectionMakesNoCalls() throws {
        let harness = try UpstreamHarness()
        harness.begin()
        let peer = try harness.acceptRequest()
        harness.onLoop { $0.cancel() }
        #expect(harness.events == ["closed"])
        #expect(try peer.isEndedByPeer())
    }

    /// The CPU time of this thread so far.
    private func threadMilliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}
