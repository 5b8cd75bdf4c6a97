import Connections
import Sockets
import Synchronization
import TestSupport
import Testing

/// Servers on several loops, of which only the first one accepts here, as the kernel does in a burst.
@Suite(.timeLimit(.minutes(5))) final class ServerGroupTests {
    private final class Plain: Service {
        func makeExchange(on downstream: any Downstream) -> any Exchange {
            ScriptedExchange(on: downstream, log: EventLog(), script: ScriptedServer.describe)
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)

        var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }

        func set() { value.store(true, ordering: .sequentiallyConsistent) }
    }

    private let listener: FileDescriptor
    private let group: ServerGroup
    private let patience: TestLoop

    init() throws {
        patience = try TestLoop()
        listener = try Socket.listen(on: try #require(SocketAddress(host: "127.0.0.1", port: 0)))
        let slots = ConnectionSlots(limit: 1000)
        group = try ServerGroup(count: 3, slots: slots) { _, loop in
            Server(
                loop: loop, provider: TransportProvider(), service: Plain(), limits: DownstreamLimits(), slots: slots)
        }
        try group.start(name: "group")
        let (member, descriptor) = (group.members[0], listener.rawValue)
        member.loop.post { try? member.server.listen(on: descriptor) }
    }

    private func client() throws -> RawClient {
        let client = try RawClient(port: Socket.localPort(listener.rawValue))
        #expect(try client.exchange("GET", "/").status == 200)
        return client
    }

    private func end() {
        for member in group.members { member.loop.post { member.server.closeAll() } }
        group.stop()
        patience.stop()
    }

    private var loads: [Int] { group.members.map { $0.load.count } }

    @Test func connectionsSpreadOverTheLoops() throws {
        var clients = try (0..<60).map { _ in try client() }
        #expect(group.total(\.accepted) == 60)
        #expect(loads.reduce(0, +) == 60)
        #expect(loads.allSatisfy { $0 >= 17 }, "\(loads)")
        #expect(group.members.allSatisfy { $0.counters.accepted.current >= 17 })
        // The server whose clients leave gets the next ones.
        clients.removeFirst(40)
        let haveLeft = patience.eventually { self.loads.reduce(0, +) == 20 }
        #expect(haveLeft)
        clients += try (0..<40).map { _ in try client() }
        #expect(loads.allSatisfy { $0 >= 17 }, "\(loads)")
        end()
    }

    @Test func aDrainWaitsForAllOfThem() throws {
        var clients = try (0..<9).map { _ in try client() }
        for client in clients { try client.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n") }
        let group = self.group
        #expect(patience.eventually { group.inFlight == 9 })
        let drained = Flag()
        group.drain { drained.set() }
        while let client = clients.popLast() {
            #expect(!drained.isSet)
            try client.send("x")
            #expect(try client.receiveResponse().status == 200)
            #expect(try client.isEndedByPeer())
        }
        #expect(patience.eventually { drained.isSet })
        end()
    }
}
