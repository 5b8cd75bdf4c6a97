import Cluster
import Foundation
import Logging
import Sockets
import TestSupport
import Testing

@testable import Handover
@testable import Storage

/// The channel between a balancer and the workers of its host.
@Suite(.timeLimit(.minutes(5))) struct HandoverTests {
    private let loop: EventLoop
    private let folder: TemporaryFolder
    private let directory: StateDirectory
    private let log = RecordingLog()

    init() throws {
        loop = try EventLoop()
        folder = try TemporaryFolder()
        directory = try StateDirectory(path: folder.path)
    }

    private func makeServer(
        aliveMilliseconds: Int = 10, maximumPeers: Int = 4, offersFurther: Bool = false,
        accept: @escaping (Int32) throws(SystemError) -> Socket.Accepted? = Socket.accept
    ) throws -> HandoverServer {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let listeners = Listeners(
            publicSide: try Socket.listen(on: address), cluster: try Socket.listen(on: address),
            admin: try Socket.listen(on: address))
        return try HandoverServer(
            loop: loop, directory: directory, listeners: listeners,
            handover: Handover(
                epoch: Epoch(3), ticketKeys: [1], id: NodeID("balancer"), offersFurther: offersFurther),
            aliveMilliseconds: aliveMilliseconds, maximumPeers: maximumPeers, log: log.makeLogger(),
            accept: accept)
    }

    private func makeClient() -> HandoverClient {
        HandoverClient(loop: loop, directory: directory, log: log.makeLogger())
    }

    private func turn(until condition: () -> Bool) {
        while !condition() { loop.turn(maximumWaitMilliseconds: 100) }
    }

    @Test func aWorkerGetsRegularSignsOfLife() throws {
        let server = try makeServer()
        let client = makeClient()
        var signs = 0
        client.onAlive = { signs += 1 }
        client.start()
        turn { signs >= 5 }
        #expect(client.holding?.handover.epoch == Epoch(3) && client.holding?.handover.id == NodeID("balancer"))
        #expect(log.lines.isEmpty, "\(log.lines)")
        client.stop()
        server.close()
    }

    /// A peer that requests only the handover gets only the handover: an earlier version would take a sign of life for
    /// a fault.
    @Test func aPeerWithoutARequestGetsNoSignsOfLife() throws {
        let server = try makeServer()
        let client = makeClient()
        var signs = 0
        client.onAlive = { signs += 1 }
        client.start()
        let address = try directory.files.socketAddress(StateDirectory.Name.handoverSocket)
        let silent = try MessageChannel(try Socket.connect(to: address).take(), on: loop)
        var lines = 0
        silent.onMessage = { _, _ in lines += 1 }
        turn { signs >= 5 && lines > 0 }
        #expect(lines == 1)
        silent.close()
        client.stop()
        server.close()
    }

    @Test func theEndOfTheBalancerEndsTheChannel() throws {
        let server = try makeServer()
        let client = makeClient()
        var end: Epoch?
        client.onGone = { end = $0 }
        client.start()
        turn { client.holding != nil }
        server.close()
        turn { end != nil }
        #expect(end == Epoch(3))
        client.stop()
    }

    private func makeFurther() throws -> FurtherListener {
        FurtherListener(
            .metrics, try Socket.listen(on: try #require(SocketAddress(host: "127.0.0.1", port: 0))))
    }

    /// A worker that comes before the listener exists gets it later, and one that comes after it at once.
    @Test func `Workers get the further listeners, now and whenever they change`() throws {
        let server = try makeServer(offersFurther: true)
        let early = makeClient()
        early.start()
        turn { early.holding != nil }
        var receivedCount = 0
        early.onReceivedFurther = { _ in receivedCount += 1 }
        let listener = try makeFurther()
        server.add(listener)
        turn { receivedCount == 1 }
        let late = makeClient()
        late.start()
        turn { late.holding?.further.isEmpty == false }
        let port = Socket.localPort(listener.socket.rawValue)
        for client in [early, late] {
            let further = try #require(client.holding?.further[.metrics])
            #expect(Socket.localPort(further.socket.rawValue) == port && port != 0)
            client.release()
            #expect(client.holding == nil)
            client.stop()
        }
        #expect(log.lines.isEmpty, "\(log.lines)")
        server.close()
    }

    /// A worker of an earlier version does not ask, and would take such a message for a fault.
    @Test func `A peer that does not ask gets no further listeners`() throws {
        let server = try makeServer(offersFurther: true)
        let address = try directory.files.socketAddress(StateDirectory.Name.handoverSocket)
        let silent = try MessageChannel(try Socket.connect(to: address).take(), on: loop)
        var counts: [Int] = []
        silent.onMessage = { _, descriptors in counts.append(descriptors.count) }
        turn { counts.count == 1 }
        server.add(try makeFurther())
        try silent.send(JSON.encode(HandoverRequest.attend))
        turn { counts.count >= 2 }
        #expect(counts.first == 3 && counts.dropFirst().allSatisfy { $0 == 0 }, "only signs of life follow: \(counts)")
        silent.close()
        server.close()
    }

    /// A later balancer may know names that this version does not know.
    @Test func `Names and descriptors that do not fit are closed`() throws {
        let pipe = try Socket.pair()
        let number = dup(pipe.theirs.rawValue)
        #expect(FurtherListener.received(["metrics", "http"], [ReceivedDescriptor(owning: number)]).isEmpty)
        #expect(fcntl(number, F_GETFD) == -1)
        let known = dup(pipe.theirs.rawValue)
        let listeners = FurtherListener.received(["later"], [ReceivedDescriptor(owning: known)])
        #expect(listeners.names == ["later"] && listeners[.metrics] == nil)
    }

    /// Otherwise a host that leaves would keep its address until nobody has come for it.
    @Test func `The balancer learns that no worker starts a successor, even after its own end`() throws {
        for endsFirst in [false, true] {
            let server = try makeServer()
            let workers = try ["a", "b"].map { name in
                let worker = makeClient()
                worker.id = try #require(NodeID(name))
                worker.start()
                return worker
            }
            var joined = 0
            var desertions = 0
            server.onMember = { joined += $1 ? 1 : -1 }
            server.onDeserted = { desertions += 1 }
            turn { joined == 2 }
            workers[0].leave()
            workers[0].leave()
            var gone = 0
            for worker in workers { worker.onGone = { _ in gone += 1 } }
            if endsFirst {
                // The loop has not read the farewell of the second worker at the end of the server.
                workers[1].leave()
                server.close()
                turn { gone == 2 && desertions == 1 }
            } else {
                workers[1].leave()
                turn { desertions == 1 }
                #expect(joined == 2, "the workers drain, and have not ended")
                #expect(!server.hasMembers)
                server.close()
            }
            for worker in workers { worker.stop() }
        }
    }

    /// A worker that closes its connection after the end of the balancer may be about to start a successor.
    @Test func `A worker that only closes its connection may start a successor`() throws {
        let server = try makeServer()
        let worker = makeClient()
        worker.id = NodeID("a")
        worker.start()
        turn { server.hasMembers }
        var isGone = false
        server.onDeserted = { Issue.record("the worker has not said that it ends") }
        worker.onGone = { _ in isGone = true }
        server.close()
        turn { isGone }
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(server.hasMembers)
        worker.stop()
    }

    @Test func processesAtTheSocketAreBounded() throws {
        let server = try makeServer(maximumPeers: 4)
        let clients = (0..<6).map { _ in makeClient() }
        for client in clients { client.start() }
        turn { clients.count { $0.holding != nil } == 4 && log.lines.count >= 2 }
        #expect(log.lines.allSatisfy { $0.contains("too many processes have them: refused") })
        for client in clients { client.stop() }
        server.close()
    }

    /// Once, the control loop of a balancer without descriptors span, and logged a line in every turn.
    @Test func `Without descriptors a worker waits, and the loop does not spin`() throws {
        var attempts = 0
        var isExhausted = true
        let server = try makeServer { listener throws(SystemError) in
            attempts += 1
            if isExhausted { throw SystemError("accept", code: EMFILE) }
            return try Socket.accept(listener)
        }
        let client = makeClient()
        client.start()
        turn { attempts == 1 }
        let began = Clock.monotonicNanoseconds()
        for _ in 0..<500 { loop.turn(maximumWaitMilliseconds: 0) }
        let pauses = (Clock.monotonicNanoseconds() - began) / 100_000_000 + 1
        #expect(attempts <= 1 + pauses)
        turn { attempts >= 3 }
        #expect(log.lines.count == 1, "\(log.lines)")
        isExhausted = false
        turn { client.holding != nil }
        #expect(log.lines.count == 1, "\(log.lines)")
        client.stop()
        server.close()
    }

    /// Once, each request cost a pidfd and one more observer of the channel, so a loop of requests grew without a bound.
    @Test(arguments: [true, false]) func `A process asks for the reign once over one channel`(
        endsFirst: Bool
    ) throws {
        let server = try makeServer()
        var asked = 0
        var gone = 0
        server.onReplace = { _, _ in asked += 1 }
        server.onAskerGone = { _ in gone += 1 }
        let address = try directory.files.socketAddress(StateDirectory.Name.handoverSocket)
        var asker: MessageChannel? = try MessageChannel(try Socket.connect(to: address).take(), on: loop)
        var lines: [[UInt8]] = []
        asker?.onMessage = { line, _ in lines.append(line) }
        for _ in 0..<3 { try asker?.send(JSON.encode(HandoverRequest.replace)) }
        turn { lines.count == 3 || asked == 3 }
        #expect(asked == 1)
        for line in lines.dropFirst() {
            guard case .refused = JSON.decode(HandoverNotice.self, from: line) else {
                Issue.record("no refusal")
                continue
            }
        }
        if endsFirst { server.close() }
        asker?.close()
        asker = nil
        turn { gone > 0 }
        #expect(gone == 1)
        server.close()
    }

    @Test func aProcessOfAnotherNamespaceIsOutOfReach() throws {
        let stranger = try PinnedProcess(PeerProcess.invisible)
        #expect(!stranger.isInReach && !stranger.kill())
        #expect("\(PeerProcess.invisible)" == "a process of another PID namespace")
        let own = try PinnedProcess(PeerProcess.visible(getpid()))
        #expect(own.isInReach)
        // Processes of one namespace see each other.
        let pair = try Socket.pair()
        #expect(try DescriptorPassing.peer(of: pair.theirs.rawValue).process == .visible(getpid()))
    }
}
