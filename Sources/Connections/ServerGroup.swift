package import Sockets
private import Synchronization

/// One server on each of several loops. All watch the same listeners.
///
/// One thread (the control loop's) creates, starts and calls it. The servers live on their own loops.
package final class ServerGroup: @unchecked Sendable {
    package struct Member: @unchecked Sendable {
        package let loop: EventLoop
        /// Used on `loop` only, except for its counters.
        package let server: Server
        package let counters: ServerCounters
        package let load: LoopLoad
    }

    package let members: [Member]
    package let slots: ConnectionSlots
    private var threads: [LoopThread] = []
    /// The listening sockets. They stay open while any loop may still use them.
    private var listeners: [Int32] = []

    /// - Parameter make: makes the server for a loop; called once a loop, before any runs.
    package init<Failure: Error>(
        count: Int, slots: ConnectionSlots, make: (_ index: Int, _ loop: EventLoop) throws(Failure) -> Server
    ) throws {
        self.slots = slots
        var members: [Member] = []
        for index in 0..<count {
            let loop = try EventLoop()
            let server = try make(index, loop)
            members.append(Member(loop: loop, server: server, counters: server.counters, load: server.load))
        }
        self.members = members
        for member in members { member.server.neighbours = members.filter { $0.server !== member.server } }
    }

    /// Runs every loop on a thread of its own.
    package func start(name: String) throws(SystemError) {
        for (index, member) in members.enumerated() {
            threads.append(try LoopThread(running: member.loop, name: "\(name)-\(index)"))
        }
    }

    /// Begins to accept on `listener` on all loops. The descriptor stays the caller's, and open until `drain` has
    /// completed.
    /// - Parameter onFailure: called on a loop that could not watch it.
    package func listen(on listener: Int32, onFailure: @escaping @Sendable (SystemError) -> Void) {
        for member in members {
            member.loop.post {
                do throws(SystemError) {
                    try member.server.listen(on: listener)
                } catch {
                    onFailure(error)
                }
            }
        }
    }

    /// Stops accepting on all loops, then calls `completion` on the last of them. No connection is accepted after that.
    package func stopListening(then completion: @escaping @Sendable () -> Void) {
        let left = Countdown(members.count)
        for member in members {
            member.loop.post {
                member.server.stopListening()
                if left.countDown() { completion() }
            }
        }
    }

    /// Finishes the requests in progress. `completion` is called on one of the loops when all connections have closed.
    package func drain(then completion: @escaping @Sendable () -> Void) {
        // All loops stop accepting first. So a connection that one loop accepted for another has arrived before the
        // other checks whether it has any.
        stopListening { [members] in
            let left = Countdown(members.count)
            for member in members {
                member.loop.post {
                    member.server.onDrained = { if left.countDown() { completion() } }
                    member.server.drain()
                }
            }
        }
    }

    /// Calls `body` on every loop with its server.
    package func forEach(_ body: @escaping @Sendable (Server) -> Void) {
        for member in members {
            member.loop.post { body(member.server) }
        }
    }

    /// Sums up a counter over the loops. Callable from any thread.
    package func total(_ counter: KeyPath<ServerCounters, Counter>) -> UInt64 {
        members.reduce(0) { $0 + $1.counters[keyPath: counter].current }
    }

    /// The number of requests in progress. Callable from any thread.
    package var inFlight: Int {
        Int(clamping: Int64(total(\.exchangesBegan)) - Int64(total(\.exchangesEnded)))
    }

    /// Stops the loops and waits for their threads.
    package func stop() {
        for member in members { member.loop.stop() }
        for thread in threads { thread.join() }
        threads = []
        for member in members { member.server.neighbours = [] }
    }
}

/// Detects the last of several completions.
private final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) {
        left = Atomic(count)
    }

    func countDown() -> Bool {
        left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
    }
}
