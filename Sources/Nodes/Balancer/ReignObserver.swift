internal import Balancing
internal import Cluster
internal import ControlPlane
internal import Proxy
internal import Sockets
internal import Synchronization

/// Passes the reports of the data loops about workers to the control loop, in order.
///
/// Clients can cause reports faster than a busy control loop takes them. So the reports that wait are bounded: beyond
/// `maximumWaiting`, new ones are dropped. A worker that fails so often has enough failures among the others.
final class ReignObserver: Sendable {
    static let maximumWaiting = 4096

    enum Report: Sendable {
        case failed(LoadBalancer.Subject, RequestFault)
        case succeededAgain(LoadBalancer.Subject)
        /// The worker has seen a later epoch than this balancer's.
        case fenced(LoadBalancer.Subject, epoch: UInt64, BalancerAddress?)
    }

    private let loop: EventLoop
    private let deliver: LoopBound<(Report) -> Void>
    private let waiting = Mutex<[Report]>([])

    /// - Parameter deliver: called on `loop`.
    init(loop: EventLoop, deliver: @escaping (Report) -> Void) {
        self.loop = loop
        self.deliver = LoopBound(deliver)
    }

    /// - Parameter control: called on the control loop; nil while this process does not reign.
    static func make(loop: EventLoop, control: @escaping () -> BalancerControl?) -> ProxyService.Observer {
        let reports = ReignObserver(loop: loop) { report in
            guard let control = control() else { return }
            switch report {
            case .failed(let subject, let fault): control.requestFailed(subject, fault)
            case .succeededAgain(let subject): control.requestSucceeded(subject)
            case .fenced(let subject, let epoch, let address):
                control.fenced(by: subject, epoch: epoch, address: address)
            }
        }
        var observer = ProxyService.Observer()
        observer.failed = { subject, failure in reports.add(.failed(subject, failure.fault)) }
        observer.succeededAgain = { reports.add(.succeededAgain($0)) }
        observer.fenced = { reports.add(.fenced($0, epoch: $1, $2)) }
        return observer
    }

    /// Callable from any thread.
    func add(_ report: Report) {
        let isFirst = waiting.withLock { reports in
            guard reports.count < ReignObserver.maximumWaiting else { return false }
            reports.append(report)
            return reports.count == 1
        }
        if isFirst { loop.post { self.deliverAll() } }
    }

    private func deliverAll() {
        let reports = waiting.withLock { reports in
            defer { reports = [] }
            return reports
        }
        for report in reports { deliver.value(report) }
    }
}
