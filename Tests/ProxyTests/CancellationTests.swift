import Foundation
import TestSupport
import Testing

/// Clients that leave in the middle. Their requests end at the workers too, and no object is left.
@Suite(.timeLimit(.minutes(5))) struct CancellationTests {
    /// A worker that reads the head and then only waits for the end.
    private static func waiting() throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            peer.seen(try peer.head())
            peer.waitForClose()
        }
    }

    @Test func aResetWhileTheWorkerThinksEndsItsRequest() throws {
        let worker = try CancellationTests.waiting()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(worker.requests(count: 1) != nil)
        #expect(proxy.outstanding("worker-1") == 1)
        client.reset()
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.losesAllConnections())
        // The worker has done nothing wrong.
        #expect(proxy.events.all == [])
        #expect(worker.requests.count == 1)
    }

    @Test func aClientThatOnlyEndsItsSideIsAnswered() throws {
        let worker = try ScriptedUpstream()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        client.closeWrite()
        #expect(try client.receiveResponse().text == "ok")
        #expect(try client.isEndedByPeer())
    }

    @Test func anUploadThatEndsEarlyIsCancelled() throws {
        let worker = try CancellationTests.waiting()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf")
        #expect(worker.requests(count: 1) != nil)
        client.closeWrite()
        #expect(try client.receiveResponse().status == 400)
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
        #expect(worker.requests.count == 1)
    }

    @Test func aBrokenUploadIsCancelled() throws {
        let worker = try CancellationTests.waiting()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nno size\r\n")
        #expect(try client.receiveResponse().status == 400)
        #expect(proxy.givesBackEverybody())
    }

    @Test func aClientThatLeavesEndsItsDownload() throws {
        let worker = try ScriptedUpstream { peer in
            peer.seen(try peer.head())
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            let block = [UInt8](repeating: 0x61, count: 64 << 10)
            do { while true { try peer.socket.send(block) } } catch { peer.waitForClose() }
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(try client.receiveHead().status == 200)
        _ = try client.receive(count: 100_000)
        client.close()
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.losesAllConnections())
    }

    @Test func aLeavingWorkerFinishesItsRequests() throws {
        let gate = OneTime()
        let worker = try ScriptedUpstream { peer in
            while true {
                peer.seen(try peer.head())
                // The test releases the response by a request on another connection.
                if gate.take() { _ = try peer.socket.receive(until: "go") }
                try peer.answer("finished")
            }
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n")
        #expect(worker.requests(count: 1) != nil)
        proxy.set([])
        try client.send("go")
        #expect(try client.receiveResponse().text == "finished")
        #expect(worker.connectionCount == 1)
    }
}
