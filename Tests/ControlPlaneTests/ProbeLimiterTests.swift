import Cluster
import Sockets
import Testing

@testable import ControlPlane

/// Probes that need a connection, if they are more than the limit.
@Suite(.timeLimit(.minutes(5))) struct ProbeLimiterTests {
    private static func record(_ port: UInt16) throws -> WorkerRecord {
        WorkerRecord(
            id: try #require(NodeID("worker-\(port)")), host: "127.0.0.1", port: port, incarnation: 1, mayStandIn: true)
    }

    @Test func waitingProbesAreServedInOrder() throws {
        let loop = try EventLoop()
        let places = ProbeLimiter(on: loop)
        var held: [UInt16: ProbeLimiter.Permit] = [:]
        var order: [UInt16] = []
        places.onPlace = { record, place in
            held[record.port] = place
            order.append(record.port)
        }
        for port in 1...1000 as ClosedRange<UInt16> { places.take(for: try ProbeLimiterTests.record(port)) }
        let most = held.count
        #expect(most > 0 && most < 1000)
        while order.count < 1000 {
            // One probe has ended, and another one's worker was removed.
            held[order[order.count - most]] = nil
            loop.turn(maximumWaitMilliseconds: 0)
            #expect(held.count <= most)
        }
        #expect(order == Array(1...1000))
        held = [:]
        loop.turn(maximumWaitMilliseconds: 0)
        // All permits are free again.
        for port in 1...UInt16(most) { places.take(for: try ProbeLimiterTests.record(port)) }
        #expect(held.count == most)
        held = [:]
    }

    @Test func anUnreachableHostHoldsNoPermit() throws {
        let loop = try EventLoop()
        let places = ProbeLimiter(on: loop)
        var held: [ProbeLimiter.Permit] = []
        places.onPlace = { record, place in
            if record.port % 2 == 0 { place.isReached = { true } }
            held.append(place)
        }
        for port in 1...1000 as ClosedRange<UInt16> { places.take(for: try ProbeLimiterTests.record(port)) }
        let most = held.count
        while held.count < most + most / 2 { loop.turn() }
        #expect(held.count == most + most / 2)
        held = []
        loop.turn(maximumWaitMilliseconds: 0)
        held = []
    }

    @Test func aDroppedPermitMakesRoom() throws {
        let loop = try EventLoop()
        let places = ProbeLimiter(on: loop)
        var held: [ProbeLimiter.Permit] = []
        var seen = 0
        places.onPlace = { record, place in
            seen += 1
            if record.port < 1000 { held.append(place) }
        }
        for port in 1...3000 as ClosedRange<UInt16> { places.take(for: try ProbeLimiterTests.record(port)) }
        held = []
        while seen < 3000 {
            loop.turn(maximumWaitMilliseconds: 0)
            held = []
        }
        #expect(seen == 3000)
    }
}
