internal import Cluster
internal import Connections
internal import Sockets

/// One loop's connections to one worker: idle ones are kept and used again, the latest first.
final class WorkerPool {
    /// Idle connections kept; more are closed as they become idle.
    private static let maximumIdle = 256

    let slot: Slot
    private let endpoint: UpstreamEndpoint
    private let loop: EventLoop
    private let provider: TransportProvider
    private let limits: UpstreamLimits
    private var idle: [UpstreamConnection] = []
    private var isRetired = false

    init(slot: Slot, endpoint: UpstreamEndpoint, loop: EventLoop, provider: TransportProvider, limits: UpstreamLimits) {
        self.slot = slot
        self.endpoint = endpoint
        self.loop = loop
        self.provider = provider
        self.limits = limits
    }

    /// An idle connection, or a new one that is still connecting.
    func take() -> UpstreamConnection {
        if let connection = idle.popLast() { return connection }
        let connection = UpstreamConnection(loop: loop, endpoint: endpoint, provider: provider, limits: limits)
        connection.onIdle = { [unowned self] in keep($0) }
        connection.onClose = { [unowned self] in closed($0) }
        open += 1
        retained = self
        connection.start()
        return connection
    }

    /// Connections that are open, idle or not. The pool lives as long as it has any.
    private var open = 0
    private var retained: WorkerPool?

    private func keep(_ connection: UpstreamConnection) {
        if isRetired || idle.count >= WorkerPool.maximumIdle {
            connection.close()
        } else {
            idle.append(connection)
        }
    }

    private func closed(_ connection: UpstreamConnection) {
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
        open -= 1
        if open == 0 { retained = nil }
    }

    /// The worker has left: idle connections close now, the others when their requests have ended.
    func retire() {
        isRetired = true
        for connection in idle { connection.close() }
    }
}
