internal import HTTP

/// The admin listener: what an operator and a monitoring system ask. Loopback only, plain HTTP, reads only.
package struct AdminService {
    private let status: () -> StatusReport
    private let metrics: () -> String

    /// - Parameters:
    ///   - status: makes the present report.
    ///   - metrics: makes the present metrics, in Prometheus' text format.
    package init(status: @escaping () -> StatusReport, metrics: @escaping () -> String) {
        self.status = status
        self.metrics = metrics
    }

    package func handle(_ call: Call) {
        guard call.method == .get || call.method == .head else {
            call.reply(status: 405, error: "this listener only answers GET", allow: "GET, HEAD")
            return
        }
        switch call.path {
        case "/status": call.reply(json: status())
        case "/metrics": call.reply(contentType: "text/plain; version=0.0.4; charset=utf-8", text: metrics())
        default: call.reply(status: 404, error: "here are /status and /metrics")
        }
    }
}
