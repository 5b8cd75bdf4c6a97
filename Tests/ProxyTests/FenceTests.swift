import Balancing
import Foundation
import Proxy
import TestSupport
import Testing

/// A worker that has met a later balancer.
@Suite(.timeLimit(.minutes(5))) struct FenceTests {
    private static func worker(answering fields: String) throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while true {
                try peer.request()
                try peer.answer("stale", status: "409 Conflict", fields: fields)
            }
        }
    }

    @Test(arguments: ["GET", "POST"]) func aRefusedReignIsReportedAndNotPassedOn(method: String) throws {
        let worker = try FenceTests.worker(answering: "Understudy-Fenced: 12\r\n")
        let policy = ProxyPolicy(edge: EdgeDuties(scheme: "http"))
        policy.epoch = 7
        let proxy = try ProxyHarness([worker.worker()], policy: policy)
        let client = try proxy.client()
        let response = try client.exchange(method, "/", body: method == "POST" ? "content" : nil)
        #expect(response.status == 503)
        #expect(response.fields["retry-after"] == "1")
        #expect(response.text == "{\"error\": \"this balancer has been replaced; try again\"}\n")
        #expect(proxy.events.all == ["fenced by worker-1: 12"])
        #expect(worker.requests.count == 1)
        #expect(proxy.givesBackEverybody())
    }

    /// A worker that lies about the reign. The clients do not suffer.
    @Test(arguments: ["GET", "POST"]) func aRequestThatOneWorkerRefusesGoesToAnother(method: String) throws {
        let liar = try FenceTests.worker(
            answering: "Understudy-Fenced: 4611686018427387904\r\nUnderstudy-Balancer: 10.0.0.2:7000\r\n")
        let good = try ScriptedUpstream { peer in
            while true {
                try peer.request()
                try peer.answer("fine")
            }
        }
        let proxy = try ProxyHarness([liar.worker("liar"), good.worker("good")])
        let client = try proxy.client()
        for _ in 0..<30 {
            let response = try client.exchange(method, "/", body: method == "POST" ? "content" : nil)
            #expect(response.status == 200 && response.text == "fine")
        }
        #expect(!proxy.events.all.isEmpty)
        #expect(proxy.events.all.allSatisfy { $0 == "fenced by liar: 4611686018427387904 at 10.0.0.2:7000" })
        #expect(proxy.givesBackEverybody())
    }

    @Test(arguments: ["", "nonsense", "10.0.0.2", "10.0.0.2:0", "10.0.0.2:65536", "a b:1", ":7000", "[::1:7000"])
    func anInvalidAddressIsIgnored(place: String) throws {
        let worker = try FenceTests.worker(
            answering: "Understudy-Fenced: 12\r\nUnderstudy-Balancer: \(place)\r\n")
        let proxy = try ProxyHarness([worker.worker()])
        #expect(try proxy.client().exchange("GET", "/").status == 503)
        #expect(proxy.events.all == ["fenced by worker-1: 12"])
    }

    /// A worker whose highest epoch is 10.
    private static func strictWorker() throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while true {
                let request = try peer.request()
                if request.values(of: "understudy-epoch").first.flatMap({ Int($0) }) ?? 0 < 10 {
                    try peer.answer("", status: "409 Conflict", fields: "Understudy-Fenced: 10\r\n")
                } else {
                    try peer.answer("fine")
                }
            }
        }
    }

    @Test(arguments: ["GET", "POST"]) func afterAnOrderlyEndTheRestGoesOutUnderTheSuccessorsEpoch(method: String) throws
    {
        let worker = try FenceTests.strictWorker()
        let policy = ProxyPolicy(edge: EdgeDuties(scheme: "http"), limits: RequestLimits(queueMilliseconds: 60_000))
        policy.epoch = 9
        policy.awaitsSuccessor = true
        let proxy = try ProxyHarness([worker.worker()], policy: policy)
        let client = try proxy.client()
        try client.send(RawClient.request(method, "/", body: method == "POST" ? "content" : nil))
        #expect(worker.requests(count: 1) != nil)
        // The refused request waits. The successor sends its epoch, which has one digit more.
        policy.epoch = 10
        proxy.epochChanged()
        let response = try client.receiveResponse()
        #expect(response.status == 200)
        #expect(response.text == "fine")
        #expect(worker.requests.count == 2)
        #expect(
            worker.requests.last.map { String(decoding: $0.body, as: UTF8.self) } == (method == "POST" ? "content" : "")
        )
        #expect(proxy.events.all == [])
        #expect(proxy.givesBackEverybody())
    }

    @Test func afterAnOrderlyEndARequestDoesNotWaitForeverForASuccessor() throws {
        let worker = try FenceTests.strictWorker()
        let policy = ProxyPolicy(edge: EdgeDuties(scheme: "http"), limits: RequestLimits(queueMilliseconds: 50))
        policy.epoch = 9
        policy.awaitsSuccessor = true
        let proxy = try ProxyHarness([worker.worker()], policy: policy)
        #expect(try proxy.client().exchange("GET", "/").status == 503)
        #expect(worker.requests.count == 1)
        #expect(proxy.givesBackEverybody())
    }

    @Test(arguments: [
        "", "Understudy-Fenced: \r\n", "Understudy-Fenced: twelve\r\n", "Understudy-Fenced: -1\r\n",
        "Understudy-Fenced: 99999999999999999999999\r\n", "Understudy-Fence: 12\r\n", "X-Understudy-Fenced: 12\r\n",
    ]) func anyOther409IsTheApplications(fields: String) throws {
        let worker = try FenceTests.worker(answering: fields)
        let proxy = try ProxyHarness([worker.worker()])
        let response = try proxy.client().exchange("GET", "/")
        #expect(response.status == 409)
        #expect(response.text == "stale")
        #expect(response.fields.keys.allSatisfy { !$0.hasPrefix("understudy") })
        #expect(proxy.events.all == [])
    }

    @Test func onlyA409Fences() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.answer("fine", fields: "Understudy-Fenced: 12\r\n")
        }
        let proxy = try ProxyHarness([worker.worker()])
        #expect(try proxy.client().exchange("GET", "/").text == "fine")
        #expect(proxy.events.all == [])
    }

    @Test func anUnrequested101IsA502() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            peer.waitForClose()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        #expect(try client.exchange("GET", "/").status == 502)
        #expect(worker.isClosedByProxy())
        #expect(worker.requests.count == 1)
        #expect(proxy.givesBackEverybody())
    }
}
