import Connections
import HTTP
import Sockets
import TestSupport

/// Upstream connections that share one multiplexed connection, on a loop of their own.
final class MultiplexedHarness {
    let log = EventLog()
    let thread: TestLoop
    /// Belongs to the loop's thread.
    let upstream: MultiplexedUpstream
    private let endpoint: UpstreamEndpoint

    init(port: UInt16, provider: TransportProvider = TransportProvider()) throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else { preconditionFailure("a literal") }
        let endpoint = UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody)
        self.endpoint = endpoint
        thread = try TestLoop()
        let loop = thread.loop
        let log = self.log
        upstream = thread.onLoop {
            let upstream = MultiplexedUpstream(
                loop: loop, endpoint: endpoint, provider: provider, limits: UpstreamLimits())
            upstream.onEnd = { _ in log.add("shared ended") }
            return upstream
        }
    }

    deinit {
        let upstream = self.upstream
        thread.onLoop { upstream.drain() }
        thread.stop()
    }

    /// A connection over a stream; nil without room.
    ///
    /// - Parameter body: called with it in the same turn of the loop, before any event.
    func connect(_ body: @escaping (UpstreamConnection) -> Void = { _ in }) -> UpstreamConnection? {
        let (endpoint, upstream, loop) = (endpoint, upstream, thread.loop)
        return thread.onLoop { () -> UpstreamConnection? in
            let connection = UpstreamConnection(loop: loop, endpoint: endpoint, provider: TransportProvider())
            guard upstream.attach(connection) else { return nil }
            body(connection)
            return connection
        }
    }

    /// Sends a whole request: a GET or, with content, a POST.
    func ask(_ connection: UpstreamConnection, _ target: String, body: [UInt8] = []) -> RecordingClient {
        let client = RecordingClient(log: EventLog())
        thread.onLoop {
            connection.begin(client, method: body.isEmpty ? .get : .post)
            connection.write {
                $0.append(text: "\(body.isEmpty ? "GET" : "POST") \(target) HTTP/1.1\r\nhost: x\r\n")
                if !body.isEmpty { $0.append(text: "content-length: \(body.count)\r\n") }
                $0.append("\r\n")
            }
            body.withUnsafeBufferPointer { connection.write($0) }
            connection.endRequest()
        }
        return client
    }

    func eventually(_ condition: @escaping () -> Bool) -> Bool { thread.eventually(condition) }

    /// Returns true when the client has this response, before the deadline.
    func answers(_ client: RecordingClient, _ text: String) -> Bool {
        eventually { client.isEnded && String(decoding: client.body, as: UTF8.self) == text }
    }

    /// The failure of the client's request, before the deadline.
    func failure(of client: RecordingClient) -> String {
        _ = eventually { client.failure != nil }
        return thread.onLoop { client.failure.map { "\($0)" } ?? "none" }
    }
}
