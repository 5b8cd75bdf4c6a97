internal import HTTP
package import Sockets

/// Serves the requests of operators and monitoring systems at the admin port: plain HTTP, read-only.
///
/// It runs on the admin port's own loop. The control loop makes a view on request. One view answers all earlier
/// requests, so many requests cost the control loop no more than one.
package final class AdminService {
    /// Requests a view that is made after the call.
    private let ask: (_ receive: @escaping (AdminView) -> Void) -> Void
    private let endpoints: [AdminEndpoint]
    private let checksHost: Bool
    private let timer: LoopTimer

    private var isAsking = false
    /// The requests that wait for the next view, and those that are too late for it.
    private var waiting: [Request] = []
    private var late: [Request] = []

    private let patienceMilliseconds: Int

    private struct Request {
        let call: Call
        /// The index in `endpoints`.
        let endpoint: Int
    }

    /// - Parameters:
    ///   - checksHost: only the names of this host are permitted (`LoopbackHost`).
    ///   - patienceMilliseconds: the time limit for a view. The control loop makes one within milliseconds, unless it
    ///     hangs.
    ///   - ask: requests a view that is made after the call; called on `loop`, and answers there.
    init(
        on loop: EventLoop, endpoints: [AdminEndpoint], checksHost: Bool = true, patienceMilliseconds: Int = 5000,
        ask: @escaping (_ receive: @escaping (AdminView) -> Void) -> Void
    ) {
        self.patienceMilliseconds = patienceMilliseconds
        self.ask = ask
        self.endpoints = endpoints
        self.checksHost = checksHost
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in gaveUp() }
    }

    package func handle(_ call: Call) {
        guard !checksHost || LoopbackHost.isNamed(in: call.authority) else {
            call.reply(status: 421, error: "this listener answers under localhost, 127.0.0.1 and [::1] only")
            return
        }
        guard call.method == .get || call.method == .head else {
            call.reply(status: 405, error: "this listener only answers GET", allow: "GET, HEAD")
            return
        }
        guard let endpoint = endpoints.firstIndex(where: { $0.path == call.path }) else {
            call.reply(status: 404, error: AdminEndpoint.notFound(endpoints))
            return
        }
        switch endpoints[endpoint].answer {
        case .view: wait(Request(call: call, endpoint: endpoint))
        case .atOnce(let answer): answer(call)
        }
    }

    private func wait(_ request: Request) {
        if isAsking {
            late.append(request)
            if !timer.isSet { timer.set(afterMilliseconds: patienceMilliseconds) }
        } else {
            waiting.append(request)
            askNow()
        }
    }

    private func askNow() {
        isAsking = true
        timer.set(afterMilliseconds: patienceMilliseconds)
        ask { [weak self] in self?.received($0) }
    }

    /// A view has arrived.
    private func received(_ view: AdminView) {
        timer.cancel()
        isAsking = false
        let answered = waiting
        waiting = late
        late = []
        // This comes before the responses, because each response may start the next request of its connection.
        if !waiting.isEmpty { askNow() }
        for (index, endpoint) in endpoints.enumerated() {
            let calls = answered.filter { $0.endpoint == index }.map(\.call)
            guard case .view(let contentType, let make) = endpoint.answer, !calls.isEmpty else { continue }
            let content = make(view)
            for call in calls {
                call.reply(contentType: contentType, fields: StatusPage.answerFields, content: content)
            }
        }
    }

    /// The request for a view stays open: the view may still arrive, for later requests.
    private func gaveUp() {
        let all = waiting + late
        waiting = []
        late = []
        for request in all { request.call.reply(status: 503, error: "the balancer's control loop does not answer") }
    }
}
