import Connections
import Foundation
import Sockets
import Telemetry
import TestSupport
import Testing

/// No object of a connection or a request outlives it, however it ends, and whatever is between the client and the
/// worker.
///
/// `UNDERSTUDY_ENDS=10000 swift test --filter OwnershipTests` causes each end about ten thousand times.
@Suite(.timeLimit(.minutes(isLong ? 600 : 3))) struct OwnershipTests {
    /// The way of a request from the client to the worker.
    struct Combination: CustomTestStringConvertible {
        let isHTTP2: Bool
        let isLogged: Bool
        let upstream: ProxiedFront.Upstream

        static let all = [false, true].flatMap { isHTTP2 in
            [false, true].flatMap { isLogged in
                ProxiedFront.Upstream.allCases.map {
                    Combination(isHTTP2: isHTTP2, isLogged: isLogged, upstream: $0)
                }
            }
        }

        var testDescription: String {
            "\(isHTTP2 ? "HTTP/2" : "HTTP/1.1") to \(upstream)\(isLogged ? " with an access log" : "")"
        }

        func perform(_ ending: Ending, at front: ProxiedFront) throws {
            if isHTTP2 {
                try ending.perform(over: HTTP2Client(port: front.server.port, settings: [(4, 20_000)]))
            } else {
                try ending.perform(over: RawClient(port: front.server.port))
            }
        }
    }

    /// The number of times that each end is caused.
    private static let count = long ?? 10
    private static let log = Result { try AccessLog(path: "/dev/null") }

    /// The types of objects that belong to one connection of a client.
    private static let ofClients = [
        "ServerConnection", "HTTP2Stream", "ProxyExchange",
    ]

    private static func log(_ isLogged: Bool) throws -> AccessLog? { isLogged ? try log.get() : nil }

    @Test(arguments: Combination.all) func nothingOutlivesItsEnd(_ combination: Combination) throws {
        let application = try PlayedApplication()
        let front = try ProxiedFront(
            port: application.server.port, combination.upstream, log: OwnershipTests.log(combination.isLogged))
        let loop = front.server.thread.loop
        for ending in Ending.all(of: combination.upstream, isHTTP2: combination.isHTTP2) {
            // Each late worker costs time.
            let count = ending == .lateWorker ? min(OwnershipTests.count, 2) : OwnershipTests.count
            for _ in 0..<count {
                do {
                    try combination.perform(ending, at: front)
                } catch {
                    Issue.record("\(ending): \(error)")
                    break
                }
            }
            let isOver = front.server.thread.eventually {
                OwnershipTests.ofClients.allSatisfy { loop.liveObjects[$0] == nil }
            }
            #expect(isOver, "\(ending): \(loop.liveObjects)")
        }
        application.server.onLoop { $0.closeAll() }
        let isEnded = front.end()
        #expect(isEnded, "\(loop.liveObjects)")
        let applicationLoop = application.server.thread.loop
        let isApplicationEnded = application.server.thread.eventually { applicationLoop.liveObjects.isEmpty }
        #expect(isApplicationEnded, "\(applicationLoop.liveObjects)")
    }

    @Test(arguments: [false, true], [false, true])
    func nothingOutlivesTheQueue(isHTTP2: Bool, isLogged: Bool) throws {
        let combination = Combination(isHTTP2: isHTTP2, isLogged: isLogged, upstream: .http1)
        let log = try OwnershipTests.log(isLogged)
        let patient = try ProxiedFront(port: nil, .http1, log: log)
        for _ in 0..<OwnershipTests.count { try combination.perform(.resetWhileWaiting, at: patient) }
        let isPatientEnded = patient.end()
        #expect(isPatientEnded, "\(patient.server.thread.loop.liveObjects)")
        let hasty = try ProxiedFront(port: nil, .http1, log: log, queueMilliseconds: 1)
        for _ in 0..<OwnershipTests.count { try combination.perform(.answered, at: hasty) }
        let isHastyEnded = hasty.end()
        #expect(isHastyEnded, "\(hasty.server.thread.loop.liveObjects)")
    }

    /// The objects of a request in progress are in the counts.
    @Test(arguments: Combination.all) func objectsOfARequestInProgressAreCounted(_ combination: Combination) throws {
        let application = try PlayedApplication()
        let front = try ProxiedFront(
            port: application.server.port, combination.upstream, log: OwnershipTests.log(combination.isLogged))
        let client = try RawClient(port: front.server.port)
        if combination.isHTTP2 {
            try client.send(
                HTTP2Frame.preface + HTTP2Frame.settings().bytes
                    + HTTP2Frame.headers(1, HTTP2Frame.request("GET", "/endless")).bytes)
        } else {
            try client.send(RawClient.request("GET", "/endless"))
        }
        var wanted: Set = ["ServerConnection"]
        if combination.isHTTP2 { wanted.insert("HTTP2Stream") }
        switch combination.upstream {
        case .http1: wanted.formUnion(["ProxyExchange", "UpstreamConnection"])
        case .multiplexed:
            wanted.formUnion(["ProxyExchange", "UpstreamConnection", "MultiplexedStream", "Multiplexer"])
        case .h2c: wanted.formUnion(["ProxyExchange", "HTTP2Upstream", "HTTP2UpstreamStream"])
        }
        let loop = front.server.thread.loop
        let isThere = front.server.thread.eventually { wanted.isSubset(of: loop.liveObjects.keys) }
        #expect(isThere, "\(loop.liveObjects)")
    }
}

private let long = ProcessInfo.processInfo.environment["UNDERSTUDY_ENDS"].flatMap { Int($0) }
private let isLong = long != nil
