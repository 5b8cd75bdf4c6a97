import Foundation
import TestSupport
import Testing

/// An open connection holds its streams and their exchanges. After its close, no object is left.
@Suite(.timeLimit(.minutes(5))) struct HoldingTests {
    private let flow = WatchedService.Flow()

    private func proxy(_ worker: ScriptedUpstream) throws -> ProxyHarness {
        let flow = flow
        return try ProxyHarness([worker.worker()], wrap: { WatchedService($0, flow: flow) })
    }

    private func isThere(at proxy: ProxyHarness) -> Bool {
        let flow = flow
        return proxy.onLoop { flow.downstream != nil }
    }

    private func isGone(from proxy: ProxyHarness) -> Bool {
        let flow = flow
        return proxy.eventually { flow.downstream == nil }
    }

    @Test func aKeptConnectionIsGivenBack() throws {
        let worker = try ScriptedUpstream()
        let proxy = try proxy(worker)
        let client = try proxy.client()
        #expect(try client.exchange("GET", "/").text == "ok")
        #expect(isThere(at: proxy))
        #expect(worker.requests.count == 1)
        client.closeWrite()
        #expect(isGone(from: proxy))
    }

    @Test func aConnectionIsGivenBackInTheMiddleOfARequest() throws {
        let worker = try ScriptedUpstream { peer in
            peer.seen(try peer.head())
            peer.waitForClose()
        }
        let proxy = try proxy(worker)
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(worker.requests(count: 1) != nil)
        client.reset()
        #expect(isGone(from: proxy))
        #expect(proxy.givesBackEverybody())
    }

    @Test(arguments: [true, false]) func anHTTP2StreamIsGivenBackWithItsConnection(isAnswered: Bool) throws {
        let worker = try ScriptedUpstream { peer in
            peer.seen(try peer.head())
            if isAnswered { try peer.answer() } else { peer.waitForClose() }
        }
        let proxy = try proxy(worker)
        do {
            let client = try HTTP2Client(port: proxy.server.port)
            let stream = try client.begin("GET", "/", [], isEnd: true)
            #expect(worker.requests(count: 1) != nil)
            if isAnswered { #expect(try client.finish(stream).status == 200) }
            #expect(isThere(at: proxy))
        }
        #expect(isGone(from: proxy))
        #expect(proxy.givesBackEverybody())
    }
}
