import Cluster
import Connections
import Foundation
import TestSupport
import Testing

/// A hung worker is ejected with requests in progress.
@Suite(.timeLimit(.minutes(5))) struct EjectionTests {
    /// Reads whole requests and never responds.
    private static func hanging() throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            try peer.request()
            peer.waitForClose()
        }
    }

    @Test func repeatableRequestsGoToAnotherWorker() throws {
        let (hung, good) = (try EjectionTests.hanging(), try ScriptedUpstream())
        var entry = hung.worker("hung")
        let proxy = try ProxyHarness([entry])
        let client = try proxy.client()
        try client.send(RawClient.request("PUT", "/", body: "content"))
        #expect(hung.requests(count: 1) != nil)
        entry.state = .ejected
        proxy.set([entry, good.worker("good")])
        #expect(try client.receiveResponse().text == "ok")
        #expect(good.requests.map(\.body) == [Array("content".utf8)])
        #expect(hung.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
    }

    @Test func aCertificateReloadDuringTheEjectionChangesNothing() throws {
        let (hung, good) = (try EjectionTests.hanging(), try ScriptedUpstream())
        var entry = hung.worker("hung")
        let proxy = try ProxyHarness([entry])
        let client = try proxy.client()
        try client.send(RawClient.request("PUT", "/", body: "content"))
        #expect(hung.requests(count: 1) != nil)
        proxy.reload()
        entry.state = .ejected
        proxy.set([entry, good.worker("good")])
        #expect(try client.receiveResponse().text == "ok")
        #expect(hung.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
    }

    @Test func otherRequestsKeepWaiting() throws {
        let (hung, good) = (try EjectionTests.hanging(), try ScriptedUpstream())
        var entry = hung.worker("hung")
        var limits = UpstreamLimits()
        limits.responseMilliseconds = 500
        let proxy = try ProxyHarness([entry], limits: limits)
        let client = try proxy.client()
        try client.send(RawClient.request("POST", "/", body: "content"))
        #expect(hung.requests(count: 1) != nil)
        entry.state = .ejected
        proxy.set([entry, good.worker("good")])
        #expect(try client.receiveResponse().status == 504)
        #expect(hung.requests.count == 1)
        #expect(good.requests.isEmpty)
        #expect(proxy.givesBackEverybody())
    }

    @Test func aBegunResponseContinues() throws {
        let hung = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            peer.waitForClose()
        }
        let good = try ScriptedUpstream()
        let proxy = try ProxyHarness([hung.worker("hung")])
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(try client.receiveHead().status == 200)
        #expect(try client.receive(count: 4) == Array("half".utf8))
        var entry = hung.worker("hung")
        entry.state = .ejected
        proxy.set([entry, good.worker("good")])
        #expect(proxy.outstanding("hung") == 1)
        #expect(good.requests.isEmpty)
        client.reset()
        #expect(proxy.givesBackEverybody())
    }

    @Test func withoutAnotherWorkerTheClientGetsAnError() throws {
        let hung = try EjectionTests.hanging()
        var entry = hung.worker("hung")
        let proxy = try ProxyHarness([entry])
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(hung.requests(count: 1) != nil)
        entry.state = .ejected
        proxy.set([entry])
        #expect(try client.receiveResponse().status == 504)
        #expect(proxy.givesBackEverybody())
    }
}
