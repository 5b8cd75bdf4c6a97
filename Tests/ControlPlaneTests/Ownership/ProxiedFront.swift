import Balancing
import Cluster
import Connections
import Foundation
import Proxy
import Sockets
import Telemetry
import TestSupport

/// A server with a proxy before `PlayedApplication`, with or without an access log.
final class ProxiedFront {
    /// The kind of upstream connection.
    enum Upstream: String, CaseIterable {
        case http1, multiplexed, h2c

        var `protocol`: UpstreamProtocol {
            switch self {
            case .http1: .http1
            case .multiplexed: .multiplexed
            case .h2c: .http2
            }
        }
    }

    let server: TestServer
    /// The first of two workers refuses connections, so every other request is retried.
    private let closed = ClosedPort()
    /// Closes the connections that the proxy keeps for later requests.
    private let drain: () -> Void

    /// - Parameters:
    ///   - port: the application's port; nil for a proxy without a worker.
    ///   - isFirstRefused: a worker that refuses connections exists beside the application.
    ///   - memory: the memory limit for the server's clients.
    init(
        port: UInt16?, _ upstream: Upstream, log: AccessLog? = nil, memory: MemoryAccount? = nil,
        queueMilliseconds: Int = 20_000, responseMilliseconds: Int = 300, isFirstRefused: Bool = true
    ) throws {
        var limits = UpstreamLimits()
        // Long enough that the timeout does not hide another end.
        limits.responseMilliseconds = responseMilliseconds
        let closedPort = closed.port
        let ports = port.map { isFirstRefused ? [closedPort, $0] : [$0] } ?? []
        (server, drain) = try ProxiedFront.proxy(ports, upstream, log, memory, queueMilliseconds, limits)
    }

    deinit {
        // Pools keep themselves alive while they have connections.
        drain()
    }

    /// Closes every connection. Returns true if no object of a connection or a request is left.
    func end() -> Bool {
        drain()
        server.onLoop { $0.closeAll() }
        return server.thread.eventually { [loop = server.thread.loop] in loop.liveObjects.isEmpty }
    }

    private static func endpoint(_ port: UInt16) -> UpstreamEndpoint {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else { preconditionFailure("a literal") }
        return UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody)
    }

    private static func server(
        _ log: AccessLog?, _ memory: MemoryAccount?, make: @escaping (EventLoop) -> any Service
    ) throws -> TestServer {
        var limits = DownstreamLimits()
        limits.halfClosedMilliseconds = 200
        var lines: AccessLogLines?
        let server = try TestServer(limits: limits, protocols: [.http2, .http1]) { loop in
            lines = log?.makeLines(on: loop)
            return make(loop)
        }
        server.onLoop {
            $0.memory = memory
            lines?.observe($0)
        }
        return server
    }

    private static func proxy(
        _ ports: [UInt16], _ upstream: Upstream, _ log: AccessLog?, _ memory: MemoryAccount?,
        _ queueMilliseconds: Int, _ limits: UpstreamLimits
    ) throws -> (TestServer, () -> Void) {
        let loadBalancer = LoadBalancer(seed: 7, policy: .fewest, limits: LoadBalancerLimits())
        let policy = ProxyPolicy(
            edge: EdgeDuties(scheme: "http"), limits: RequestLimits(queueMilliseconds: queueMilliseconds))
        var made: ProxyService?
        let server = try server(log, memory) { loop in
            let service = ProxyService(
                loop: loop, loadBalancer: loadBalancer, policy: policy, provider: TransportProvider(),
                upstreamProtocol: upstream.protocol, limits: limits)
            made = service
            return service
        }
        guard let made else { preconditionFailure("the server has made no service") }
        let service = LoopBound(made)
        let entries = ports.enumerated().compactMap { index, port in
            NodeID("worker-\(index)").map {
                HostEntry(id: $0, incarnation: 1, host: "127.0.0.1", port: port, state: .ready)
            }
        }
        let update: ([HostEntry]) -> Void = { entries in
            server.thread.onLoop {
                loadBalancer.update(entries) { endpoint($0.port) }
                service.value.hostsChanged()
            }
        }
        update(entries)
        return (server, { update([]) })
    }
}
