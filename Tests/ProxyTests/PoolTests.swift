import Connections
import Dispatch
import TestSupport
import Testing

/// Connections that are kept for the next requests.
@Suite(.timeLimit(.minutes(5))) struct PoolTests {
    @Test(arguments: [0, 1, 2]) func theNumberOfKeptConnectionsIsBounded(limit: Int) throws {
        let gate = DispatchSemaphore(value: 0)
        let worker = try ScriptedUpstream { peer in
            do {
                while true {
                    try peer.request()
                    gate.wait()
                    try peer.answer()
                }
            } catch {
                peer.waitForClose()
            }
        }
        var limits = UpstreamLimits()
        limits.idleConnections = limit
        let proxy = try ProxyHarness([worker.worker()], limits: limits)
        let clients = try (0..<2).map { _ in try proxy.client() }
        for client in clients { try client.send(RawClient.request("GET", "/")) }
        #expect(worker.requests(count: 2) != nil)
        for _ in 0..<4 { gate.signal() }
        for client in clients { #expect(try client.receiveResponse().status == 200) }
        if limit < 2 { #expect(worker.isClosedByProxy(count: 2 - limit)) }
        // A kept connection is reused.
        for client in clients { #expect(try client.exchange("GET", "/").status == 200) }
        #expect(worker.connectionCount == (limit == 0 ? 4 : 2))
    }
}
