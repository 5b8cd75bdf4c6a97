package import Connections
package import Logging
package import Sockets

/// Checks the application behind a worker once a second, on the worker's control loop. Probes get the latest verdict.
package final class ApplicationMonitor {
    private static let intervalNanoseconds: UInt64 = 1_000_000_000

    /// Asked from the next check on.
    package var question: HealthQuestion
    package let condition = ApplicationCondition()
    private let loop: EventLoop
    private let endpoint: UpstreamEndpoint
    private let speaksHTTP2: Bool
    private let log: Logger
    private let timer: LoopTimer
    private var check: ApplicationCheck?
    private var began: UInt64 = 0
    private var wasHealthy = true

    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, speaksHTTP2: Bool, question: HealthQuestion, log: Logger
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.speaksHTTP2 = speaksHTTP2
        self.question = question
        self.log = log
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in start() }
    }

    /// Begins a check. Further checks follow.
    package func start() {
        began = loop.now
        let check = ApplicationCheck(loop: loop, endpoint: endpoint, speaksHTTP2: speaksHTTP2, question: question) {
            [unowned self] in finished($0)
        }
        self.check = check
        check.start()
    }

    private func finished(_ verdict: ApplicationVerdict) {
        check = nil
        condition.publish(verdict)
        switch verdict {
        case .healthy where !wasHealthy:
            log.notice("the application is healthy again", metadata: ["application": "\(endpoint.destination.details)"])
        case .ill(let reason) where wasHealthy:
            log.warning(
                "this worker is not healthy: \(reason)", metadata: ["application": "\(endpoint.destination.details)"])
        case .healthy, .ill: break
        }
        wasHealthy = verdict == .healthy
        timer.set(at: max(loop.now, began &+ ApplicationMonitor.intervalNanoseconds))
    }
}
