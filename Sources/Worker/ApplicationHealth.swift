internal import Connections
internal import Sockets

/// Whether the application behind `--forward` takes connections: asked at most every half second, shared by the
/// probes of a loop.
final class ApplicationHealth {
    private static let freshNanoseconds: UInt64 = 500_000_000

    private let loop: EventLoop
    private let endpoint: UpstreamEndpoint
    private let provider = TransportProvider()
    private var checkedAt: UInt64?
    private var isHealthy = true
    /// Called when the application has gone, or is back.
    var onChange: (Bool) -> Void = { _ in }
    private var waiting: [(Bool) -> Void] = []
    private var connection: UpstreamConnection?

    init(loop: EventLoop, endpoint: UpstreamEndpoint) {
        self.loop = loop
        self.endpoint = endpoint
    }

    func check(_ completion: @escaping (Bool) -> Void) {
        if let checkedAt, loop.now - checkedAt < ApplicationHealth.freshNanoseconds {
            completion(isHealthy)
            return
        }
        waiting.append(completion)
        guard connection == nil else { return }
        var limits = UpstreamLimits()
        // Below the probe's own timeout, so that the probe gets an answer that says why.
        limits.connectMilliseconds = 800
        let connection = UpstreamConnection(loop: loop, endpoint: endpoint, provider: provider, limits: limits)
        self.connection = connection
        var isOpen = false
        connection.onIdle = {
            isOpen = true
            $0.close()
        }
        connection.onClose = { [unowned self] _ in finished(isOpen) }
        connection.start()
    }

    private func finished(_ result: Bool) {
        connection = nil
        checkedAt = loop.now
        if isHealthy != result { onChange(result) }
        isHealthy = result
        let all = waiting
        waiting = []
        for completion in all { completion(result) }
    }
}
