import Connections
import HTTP
import Sockets
import TestSupport

/// One upstream connection on a loop of its own. The test acts as the server through `peer`.
final class UpstreamHarness {
    let log: EventLog
    let thread: TestLoop
    let listener: RawListener
    /// Belongs to the loop's thread.
    let connection: UpstreamConnection

    /// - Parameters:
    ///   - port: the port to connect to; nil for the listener's.
    ///   - body: called in the turn in which the connection starts, before any event.
    init(
        log: EventLog = EventLog(), limits: UpstreamLimits = UpstreamLimits(), port: UInt16? = nil,
        expectation: PeerExpectation = .anybody,
        makeProvider: @escaping () -> TransportProvider = { TransportProvider() },
        body: @escaping (UpstreamConnection) -> Void = { _ in }
    ) throws {
        self.log = log
        thread = try TestLoop()
        listener = try RawListener()
        guard let address = SocketAddress(host: "127.0.0.1", port: port ?? listener.port) else {
            preconditionFailure("a literal")
        }
        let loop = thread.loop
        connection = thread.onLoop {
            let endpoint = UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: expectation)
            let connection = UpstreamConnection(
                loop: loop, endpoint: endpoint, provider: makeProvider(), limits: limits)
            connection.onIdle = { log.add($0.requestCount == 0 ? "open" : "idle") }
            connection.onClose = { _ in log.add("closed") }
            connection.start()
            body(connection)
            return connection
        }
    }

    deinit {
        let connection = self.connection
        thread.onLoop { connection.close() }
        thread.stop()
    }

    /// Returns when a timer of this many milliseconds has fired on the loop. All earlier timers have fired too.
    func waits(milliseconds: Int) {
        let log = EventLog()
        let timer = thread.onLoop { [loop = thread.loop] in
            let timer = LoopTimer(on: loop)
            timer.action = { log.add("fired") }
            timer.set(afterMilliseconds: milliseconds)
            return timer
        }
        _ = thread.eventually { log.count("fired") == 1 }
        withExtendedLifetime(timer) {}
    }

    /// Begins a request and writes all of it.
    ///
    /// - Parameter isWhole: false if more follows.
    @discardableResult
    func begin(
        _ text: String = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", method: Method = .get, isWhole: Bool = true
    ) -> RecordingClient {
        let client = RecordingClient(log: log)
        onLoop { connection in
            connection.begin(client, method: method)
            connection.write { $0.append(text: text) }
            if isWhole { connection.endRequest() }
        }
        return client
    }

    /// The events without the opening, which may come before or after the first request.
    var events: [String] { log.all.filter { $0 != "open" } }

    func onLoop<Value>(_ body: @escaping (UpstreamConnection) -> Value) -> Value {
        let connection = self.connection
        return thread.onLoop { body(connection) }
    }

    /// Returns true when the log holds this event, before the deadline.
    func eventually(_ event: String, count: Int = 1) -> Bool {
        let log = self.log
        return thread.eventually { log.count(event) >= count }
    }

    /// The server's end of the connection, after the request's head has arrived there.
    func acceptRequest() throws -> RawSocket {
        let peer = try listener.accept()
        _ = try peer.receive(until: "\r\n\r\n")
        return peer
    }
}

/// Limits that end a test soon. The defaults would take a minute.
func shortened(_ change: (inout UpstreamLimits) -> Void) -> UpstreamLimits {
    var limits = UpstreamLimits()
    change(&limits)
    return limits
}
