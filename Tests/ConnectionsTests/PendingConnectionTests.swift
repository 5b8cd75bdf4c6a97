import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Connections
@testable import Sockets

/// New connections with slow handshakes, and established ones.
@Suite(.timeLimit(.minutes(5))) final class ArrivalTests {
    private static let newcomers = 20
    private static let handshakeMilliseconds = 3000

    private final class Plain: Service {
        private let gate: Gate

        init(gate: Gate) { self.gate = gate }

        func makeExchange(on downstream: any Downstream) -> any Exchange {
            ScriptedExchange(on: downstream, log: EventLog()) { [gate] exchange in
                gate.noteRequest()
                ScriptedServer.describe(exchange)
            }
        }
    }

    /// The gate that a handshake waits at.
    private final class Gate: Sendable {
        private let isOpenNow = Atomic<Bool>(false)
        private let waiting = Atomic<Int>(0)

        var isOpen: Bool { isOpenNow.load(ordering: .sequentiallyConsistent) }
        /// The number of handshakes that have begun.
        var begun: Int { waiting.load(ordering: .sequentiallyConsistent) }
        /// The same number at the time of the first request after some handshakes.
        private let begunAtRequest = Atomic<Int>(0)
        var begunBeforeRequest: Int { begunAtRequest.load(ordering: .sequentiallyConsistent) }

        func noteRequest() {
            guard begun > 0, begunBeforeRequest == 0 else { return }
            begunAtRequest.store(begun, ordering: .sequentiallyConsistent)
        }

        func open() { isOpenNow.store(true, ordering: .sequentiallyConsistent) }

        func wait() {
            waiting.add(1, ordering: .sequentiallyConsistent)
            while !isOpen {}
        }
    }

    /// The whole handshake is one step of work, which begins with the client's first byte.
    private final class SlowTransport: SocketTransport {
        private let gate: Gate
        private var isDone = false

        init(_ descriptor: consuming FileDescriptor, gate: Gate) {
            self.gate = gate
            super.init(descriptor)
        }

        override var needsHandshake: Bool { !isDone }
        override var hasAnsweredHandshake: Bool { false }

        override func handshake() -> HandshakeResult {
            gate.wait()
            let began = Clock.monotonicNanoseconds()
            while Clock.monotonicNanoseconds() - began < 2 * HandshakeScheduler.leastNanoseconds {}
            isDone = true
            return .complete
        }
    }

    /// The first connection needs no handshake.
    private final class Provider: TransportProvider {
        private let gate: Gate
        private var count = 0

        init(gate: Gate) {
            self.gate = gate
            super.init()
        }

        override func accepted(_ descriptor: consuming FileDescriptor) -> SocketTransport? {
            count += 1
            return count == 1 ? SocketTransport(descriptor) : SlowTransport(descriptor, gate: gate)
        }
    }

    private let gate = Gate()
    private let listener: FileDescriptor
    private let loop: TestLoop
    private let server: Server

    init() throws {
        loop = try TestLoop()
        listener = try Socket.listen(on: try #require(SocketAddress(host: "127.0.0.1", port: 0)))
        let (gate, loop, descriptor) = (gate, loop.loop, listener.rawValue)
        server = self.loop.onLoop {
            var limits = DownstreamLimits()
            limits.handshakeMilliseconds = ArrivalTests.handshakeMilliseconds
            return Server(
                loop: loop, provider: Provider(gate: gate), service: Plain(gate: gate), limits: limits,
                slots: ConnectionSlots(limit: 100))
        }
        let server = server
        let isListening = self.loop.onLoop { (try? server.listen(on: descriptor)) != nil }
        try #require(isListening)
    }

    private func client() throws -> RawClient { try RawClient(port: Socket.localPort(listener.rawValue)) }

    private func end() {
        let server = server
        loop.onLoop {
            server.stopListening()
            server.closeAll()
        }
        loop.stop()
    }

    @Test func aCrowdDoesNotDelayEstablishedConnections() throws {
        let inside = try client()
        #expect(try inside.exchange("GET", "/").status == 200)
        let crowd = try (0..<ArrivalTests.newcomers).map { _ in try client() }
        for newcomer in crowd { try newcomer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        // One handshake holds the loop. The others have arrived when it ends.
        while gate.begun == 0 {}
        try inside.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        gate.open()
        #expect(try inside.receiveResponse().status == 200)
        #expect(gate.begunBeforeRequest < ArrivalTests.newcomers / 2)
        for newcomer in crowd { #expect(try newcomer.receiveResponse().status == 200) }
        #expect(gate.begun == ArrivalTests.newcomers)
        end()
    }

    @Test func aPeerThatWaitsForABusyLoopHasMoreTime() throws {
        let inside = try client()
        #expect(try inside.exchange("GET", "/").status == 200)
        let crowd = try (0..<ArrivalTests.newcomers).map { _ in try client() }
        for newcomer in crowd { try newcomer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        // One handshake holds the loop until the time limit of the others is over.
        while gate.begun == 0 {}
        let began = Clock.monotonicNanoseconds()
        let limit = UInt64(ArrivalTests.handshakeMilliseconds + 200) * 1_000_000
        while Clock.monotonicNanoseconds() - began < limit { sched_yield() }
        gate.open()
        for newcomer in crowd { #expect(try newcomer.receiveResponse().status == 200) }
        let server = server
        #expect(loop.onLoop { server.counters.handshakeFailures.current } == 0)
        end()
    }

    @Test func noHandshakeIsDoneForAClosedConnection() throws {
        let inside = try client()
        #expect(try inside.exchange("GET", "/").status == 200)
        var crowd = try (0..<ArrivalTests.newcomers).map { _ in try client() }
        for newcomer in crowd { try newcomer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        while gate.begun == 0 {}
        crowd = []
        gate.open()
        let server = server
        #expect(loop.eventually { server.connectionCount == 1 })
        #expect(loop.onLoop { server.counters.handshakeFailures.current } >= ArrivalTests.newcomers / 2)
        #expect(gate.begun < ArrivalTests.newcomers / 2)
        end()
    }
}
