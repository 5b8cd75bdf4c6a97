import TestSupport
import Testing

/// What a complete response with an error says about its worker. The client gets it in any case.
@Suite(.timeLimit(.minutes(5))) struct ErrorResponseTests {
    /// - Returns: the observer's events after one response of each status.
    private func events(_ statuses: Int...) throws -> [String] {
        let worker = try ScriptedUpstream { peer in
            for status in statuses {
                try peer.request()
                try peer.answer("text", status: "\(status) Status")
            }
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        for status in statuses {
            let response = try client.exchange("GET", "/")
            #expect(response.status == status && response.text == "text")
        }
        #expect(proxy.givesBackEverybody())
        return proxy.events.all
    }

    @Test(arguments: [502, 503, 504]) func aGatewaysErrorIsAFailureOfTheWorker(status: Int) throws {
        let failure = "failed worker-1: status \(status)"
        #expect(try events(status, status, 200, 200) == [failure, failure, "succeeded again worker-1"])
    }

    /// They may belong to the request. They neither add to a row of failures nor end it.
    @Test(arguments: [500, 501, 505]) func anotherErrorIsNoFailure(status: Int) throws {
        #expect(try events(status, status, status, 200) == [])
        #expect(try events(503, status, 200) == ["failed worker-1: status 503", "succeeded again worker-1"])
    }

    @Test(arguments: [404, 429]) func anErrorOfTheClientIsASuccess(status: Int) throws {
        #expect(try events(503, status, 200) == ["failed worker-1: status 503", "succeeded again worker-1"])
    }
}
