import Glibc
import Testing

@testable import Connections
@testable import Sockets

/// A connection that one loop has accepted for another one.
@Suite(.timeLimit(.minutes(5))) struct ArrivingConnectionTests {
    private final class Silent: Service {
        func makeExchange(on downstream: any Downstream) -> any Exchange {
            ScriptedExchange(on: downstream, log: EventLog(), script: ScriptedServer.describe)
        }
    }

    private let slots = ConnectionSlots(limit: 10)

    private func makeServer() throws -> Server {
        Server(
            loop: try EventLoop(), provider: TransportProvider(), service: Silent(), limits: DownstreamLimits(),
            slots: slots)
    }

    /// Takes longer than the time for posted work in one turn.
    private static func holdTheTurn() {
        let end = Clock.monotonicNanoseconds() + EventLoop.turnNanoseconds
        while Clock.monotonicNanoseconds() < end {}
    }

    /// Once, such a connection stayed open without an owner, and its slot was never free again.
    @Test(arguments: [true, false]) func `A connection for a loop that stops closes and frees its slot`(
        isStopped: Bool
    ) throws {
        let server = try makeServer()
        let neighbour = try makeServer()
        server.neighbours = [
            ServerGroup.Member(
                loop: neighbour.loop, server: neighbour, counters: neighbour.counters, load: neighbour.load)
        ]
        for _ in 0..<5 { server.load.add() }
        neighbour.loop.stop()
        if isStopped {
            neighbour.loop.run()
        } else {
            // The connection then waits for the turn after the last one.
            for _ in 0..<8 { neighbour.loop.post { ArrivingConnectionTests.holdTheTurn() } }
        }
        let pair = try Socket.pair()
        let peer = FileDescriptor(owning: dup(pair.theirs.rawValue))
        #expect(server.reserveSlot())
        server.accept(pair.takeOurs(), peerHost: "127.0.0.1")
        if !isStopped {
            #expect(slots.count == 1 && neighbour.load.count == 1)
            neighbour.loop.run()
        }
        #expect(slots.count == 0 && neighbour.load.count == 0)
        #expect(neighbour.connectionCount == 0)
        var byte: UInt8 = 0
        #expect(read(peer.rawValue, &byte, 1) == 0)
        server.neighbours = []
    }
}
