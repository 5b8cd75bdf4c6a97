import Balancing
import Connections
import Foundation
import Proxy
import Sockets
import TestSupport
import Testing

/// A slow reader at either end stops the sender at the other. The proxy holds no more than its bounds.
@Suite(.timeLimit(.minutes(5))) struct BackPressureTests {
    /// More than all the kernel's buffers between the two ends can hold.
    private static let size = 24 << 20
    /// One read of a loop in addition to the high mark.
    private static let oneRead = EventLoop.scratchSize
    /// Heads and chunk framing.
    private static let framing = 4 << 10

    /// Content in which no two near blocks are alike.
    private static let block: [UInt8] = (0..<1 << 20).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }

    private static func harness(_ worker: ScriptedUpstream, _ flow: WatchedService.Flow) throws -> ProxyHarness {
        try ProxyHarness(
            [worker.worker()], provider: WatchedProvider(flow: flow), wrap: { WatchedService($0, flow: flow) })
    }

    /// Waits until no byte has moved for a while.
    private static func comesToRest(_ proxy: ProxyHarness, _ moved: @escaping () -> Int) -> Bool {
        var (last, since) = (-1, ContinuousClock.now)
        return proxy.eventually {
            let count = moved()
            if count != last { (last, since) = (count, .now) }
            return since.duration(to: .now) > .milliseconds(300) && count > 0
        }
    }

    @Test(arguments: [true, false]) func aClientThatReadsSlowlyStopsTheWorker(isChunked: Bool) throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(BackPressureTests.size)"
            try peer.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            for _ in 0..<BackPressureTests.size / BackPressureTests.block.count {
                if isChunked { try peer.send("\(String(BackPressureTests.block.count, radix: 16))\r\n") }
                try peer.socket.send(BackPressureTests.block)
                if isChunked { try peer.send("\r\n") }
            }
            if isChunked { try peer.send("0\r\n\r\n") }
            try peer.request()
            try peer.answer("next")
        }
        let flow = WatchedService.Flow()
        let proxy = try BackPressureTests.harness(worker, flow)
        let client = try proxy.client(receiveBuffer: 16 << 10)
        try client.send(RawClient.request("GET", "/"))
        #expect(BackPressureTests.comesToRest(proxy) { flow.receivedUpstream })
        // Some bytes are missing: the worker is stopped.
        #expect(proxy.onLoop { flow.receivedUpstream } < BackPressureTests.size * 3 / 4)
        let head = try client.receive(until: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        var intact = 0
        if isChunked {
            var content: [UInt8] = []
            while let chunk = try client.receiveChunk() {
                content += chunk
                while content.count >= BackPressureTests.block.count {
                    intact += content.starts(with: BackPressureTests.block) ? 1 : 0
                    content.removeFirst(BackPressureTests.block.count)
                }
            }
            #expect(content.isEmpty)
        } else {
            for _ in 0..<BackPressureTests.size / BackPressureTests.block.count {
                intact += try client.receive(count: BackPressureTests.block.count) == BackPressureTests.block ? 1 : 0
            }
        }
        #expect(intact == BackPressureTests.size / BackPressureTests.block.count)
        let most = proxy.onLoop { flow.mostForClient }
        let bound = DownstreamLimits().outputHigh + BackPressureTests.oneRead + BackPressureTests.framing
        #expect(most <= bound)
        // Otherwise the test has measured nothing.
        #expect(most > DownstreamLimits().outputLow)
        #expect(proxy.givesBackEverybody())
        #expect(try client.exchange("GET", "/next").text == "next")
    }

    @Test(arguments: [true, false]) func aWorkerThatReadsSlowlyStopsTheClient(isChunked: Bool) throws {
        let mayRead = DispatchSemaphore(value: 0)
        let worker = try ScriptedUpstream { peer in
            let head = try peer.head()
            _ = mayRead.wait(timeout: .now() + .seconds(RawSocket.patienceSeconds))
            let body = try peer.socket.receiveContent(after: head)
            peer.seen(head, body)
            try peer.answer("\(body.count)")
        }
        let flow = WatchedService.Flow()
        let proxy = try BackPressureTests.harness(worker, flow)
        let client = try proxy.client()
        var content: [UInt8] = []
        while content.count < BackPressureTests.size { content += BackPressureTests.block }
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(content.count)"
        let sender = Sender(
            client, Array("PUT / HTTP/1.1\r\nHost: test\r\n\(framing)\r\n\r\n".utf8),
            isChunked ? chunks(of: content, size: 300_000) : content)
        #expect(BackPressureTests.comesToRest(proxy) { flow.received })
        #expect(proxy.onLoop { flow.received } < BackPressureTests.size * 3 / 4)
        mayRead.signal()
        #expect(try client.receiveResponse().text == "\(content.count)")
        #expect(sender.wait())
        #expect(worker.requests.first?.body == content)
        let most = proxy.onLoop { flow.mostForWorker }
        #expect(most <= UpstreamLimits().outputHigh + BackPressureTests.oneRead + BackPressureTests.framing)
        #expect(most > UpstreamLimits().outputLow)
        #expect(proxy.givesBackEverybody())
    }

    /// Without a worker, or during the connect to one, a client's content waits in the kernel too.
    @Test func contentWithoutAWorkerWaitsWithTheClient() throws {
        let flow = WatchedService.Flow()
        let proxy = try ProxyHarness(
            policy: ProxyPolicy(edge: EdgeDuties(scheme: "http"), limits: RequestLimits(queueMilliseconds: 60_000)),
            provider: WatchedProvider(flow: flow), wrap: { WatchedService($0, flow: flow) })
        let client = try proxy.client()
        let content = [UInt8](repeating: 0x61, count: BackPressureTests.size)
        let sender = Sender(
            client, Array("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: \(content.count)\r\n\r\n".utf8), content)
        #expect(proxy.hasQueued(1))
        #expect(proxy.eventually { flow.received >= 0 })
        let worker = try ScriptedUpstream { peer in
            let request = try peer.request()
            try peer.answer("\(request.body.count)")
        }
        #expect(proxy.onLoop { flow.received } <= 2 * BackPressureTests.oneRead)
        proxy.set([worker.worker()])
        #expect(try client.receiveResponse().text == "\(content.count)")
        #expect(sender.wait())
        #expect(worker.requests.first?.body == content)
        let most = proxy.onLoop { flow.mostForWorker }
        #expect(most <= UpstreamLimits().outputHigh + 2 * BackPressureTests.oneRead + BackPressureTests.framing)
    }
}
