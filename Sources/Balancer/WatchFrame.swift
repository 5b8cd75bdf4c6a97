internal import Cluster
internal import ControlPlane
internal import Storage
internal import Telemetry

/// One picture of `balancer watch`.
struct WatchFrame {
    private var report: StatusReport?
    /// The time of `report`, in the loop's time.
    private var reportedAt: UInt64 = 0
    private var rates: WatchRates?
    /// Why there is no present report; nil if there is one.
    private var problem: String?
    private var missingSince: UInt64?
    private var now: UInt64 = 0
    /// The epoch before the last takeover that this command has seen.
    private var earlierEpoch: UInt64?

    var hasReport: Bool { report != nil }

    mutating func show(_ fresh: StatusReport, at now: UInt64) {
        if let report {
            rates = WatchRates(from: report, to: fresh, nanoseconds: now &- reportedAt)
            if report.epoch != fresh.epoch { earlierEpoch = report.epoch }
        }
        report = fresh
        reportedAt = now
        self.now = now
        problem = nil
        missingSince = nil
    }

    mutating func miss(_ problem: String, at now: UInt64) {
        self.problem = problem
        self.now = now
        missingSince = missingSince ?? now
        rates = nil
    }

    /// The table in a pipe, with an empty line at the end.
    var text: String { (lines + [""]).map { $0 + "\n" }.joined() }

    var lines: [String] {
        guard let report else { return [] }
        var lines = [StatusTable.headline(of: report)]
        let inFlight = report.workers.reduce(0) { $0 + $1.inFlight }
        let total = rates.map {
            "\(WatchFrame.text($0.total.requests)) requests/s, \(WatchFrame.text($0.total.failures)) errors/s, "
        }
        lines.append("\(total ?? "")\(inFlight) in flight")
        if let earlierEpoch { lines.append("took over from epoch \(earlierEpoch)") }
        if let pause = report.pause { lines.append(PauseText.line(of: pause)) }
        if let problem, let missingSince {
            lines.append("no answer for \((now &- missingSince) / 1_000_000_000) s: \(problem)")
        }
        return lines + table(of: report)
    }

    private func table(of report: StatusReport) -> [String] {
        let rows = report.workers.map { worker in
            let rate = rates?.workers[worker.id]
            return [
                worker.id, worker.state.rawValue, "\(worker.inFlight)",
                rate.map { WatchFrame.text($0.requests) } ?? "-",
                rate.map { WatchFrame.text($0.failures) } ?? "-", "\(worker.requestsTotal)", "\(worker.failuresTotal)",
                // A part of the text comes from peers.
                VisibleText.escaped(worker.reason ?? "", limit: 200),
            ]
        }
        let head = ["WORKER", "STATE", "IN FLIGHT", "REQUESTS/S", "ERRORS/S", "REQUESTS", "ERRORS", "REASON"]
        return TextTable.text(head: head, rows: rows).split(separator: "\n").map(String.init)
    }

    private static func text(_ rate: Double) -> String {
        rate >= 100 ? "\(Int(rate.rounded()))" : "\((rate * 10).rounded() / 10)"
    }

    // MARK: JSON

    private struct Line: Encodable {
        var unixMilliseconds: Int64
        var status: StatusReport?
        var total: WatchRates.Rate?
        var rates: [String: WatchRates.Rate]?
        var error: String?

        enum CodingKeys: String, CodingKey {
            case status, total, rates, error
            case unixMilliseconds = "time_ms"
        }
    }

    /// One line. Without an answer it has `error` and no `status`.
    func json(unixMilliseconds: Int64) -> String {
        let line = Line(
            unixMilliseconds: unixMilliseconds, status: problem == nil ? report : nil, total: rates?.total,
            rates: rates?.workers,
            error: problem)
        return String(decoding: JSON.encode(line), as: UTF8.self) + "\n"
    }
}
