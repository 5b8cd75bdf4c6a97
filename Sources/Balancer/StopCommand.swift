internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Settings
internal import Storage

/// `balancer stop [--cluster]`.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .stop)

    @OptionGroup var options: CommandOptions

    @Flag(help: "End all workers first, and then the balancer.")
    var cluster = false

    func run() throws {
        try options.run(.stop, JSON.encode(StopOrder(cluster: cluster))) { (report: StopReport) in
            guard cluster else {
                return "process \(report.pid) finishes its requests and ends; a worker starts a successor"
            }
            let workers = report.workers.map(\.text).joined(separator: ", ")
            return "these workers finish their requests and end: \(workers.isEmpty ? "none" : workers)\n"
                + "process \(report.pid) ends after the last one"
        }
    }
}
