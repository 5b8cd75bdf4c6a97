internal import ArgumentParser
internal import ControlPlane
internal import Settings
internal import Telemetry

/// `balancer watch`: a table of the workers that stays up to date.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show the workers, their requests and their errors, live.",
        discussion: """
            In a terminal the table stays in its place; q or Ctrl-C ends the command. In a pipe it prints one table for each \
            interval. It follows a takeover. With --json it prints one JSON object a line.
            """)

    @OptionGroup var options: CommandOptions

    @Option(help: ArgumentHelp("The time between two tables, 100ms to 1h.", valueName: "time"))
    var interval = "1s"

    @Option(help: ArgumentHelp("End after this number of tables.", valueName: "number"))
    var count: Int?

    func run() throws {
        guard let milliseconds = SettingKind.milliseconds(of: interval), (100...3_600_000).contains(milliseconds) else {
            throw CommandError.usage("--interval \(interval): use a time such as 500ms, 2s or 1m, from 100ms to 1h")
        }
        guard count.map({ (1...1_000_000_000).contains($0) }) ?? true else {
            throw CommandError.usage("--count \(count ?? 0): use a number from 1 to 1000000000")
        }
        let watcher = try Watcher(
            of: options.client(), intervalMilliseconds: Int(milliseconds), count: count, isJSON: options.json)
        try watcher.run()
    }
}
