internal import ArgumentParser
internal import ControlPlane
internal import Settings
internal import Storage
internal import Telemetry

/// `balancer pause [--for TIME]`.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .pause)

    @OptionGroup var options: CommandOptions

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Resume after this time, such as 30s or 5m, up to 24h.", valueName: "time"))
    var time: String?

    func run() throws {
        try options.run(.pause, order()) { (report: PauseReport) in
            (report.pause.map { PauseText.line(of: $0) } ?? "the pause is over already") + report.warning
        }
    }

    private func order() throws(CommandError) -> [UInt8] {
        guard let time else { return JSON.encode(PauseOrder(milliseconds: nil)) }
        guard let milliseconds = SettingKind.milliseconds(of: time) else {
            throw .usage("--for \(time): use a time such as 500ms, 30s, 5m or 1h, up to 24h")
        }
        return JSON.encode(PauseOrder(milliseconds: milliseconds))
    }
}

/// `balancer resume`.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .resume)

    @OptionGroup var options: CommandOptions

    func run() throws {
        try options.run(.resume) { (report: PauseReport) in
            (report.isChanged ? "new requests get workers again" : "there was no pause") + report.warning
        }
    }
}

extension PauseReport {
    fileprivate var warning: String { isStored ? "" : OrderText.notStored }
}

/// The line about a pause that commands print.
enum PauseText {
    static func line(of pause: StatusReport.Pause) -> String {
        let requests = pause.waiting == 1 ? "1 waits" : "\(pause.waiting) wait"
        let end = pause.remainingMilliseconds.map { "\(($0 + 999) / 1000) s left" } ?? "until 'balancer resume'"
        return "new requests are paused, \(end), \(requests)"
    }
}
