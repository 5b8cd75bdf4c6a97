import Testing

@testable import Settings

/// The settings in force and their origins.
@Suite struct SettingsReportTests {
    private static let file = "# limits\n\nqueue-timeout: 4s\nmax-head: 8KiB\n"

    private func settings(file text: String = Self.file, commandLine: [String: String] = [:]) -> Settings {
        var problems: [SettingProblem] = []
        let file = ConfigurationFile(text, path: "b.yaml")
        let settings = Settings(
            .balancer, base: ["threads": "3", "max-head": "9KiB"], file: file.entries,
            commandLine: commandLine.map { SettingEntry(name: $0.key, text: $0.value) }, &problems)
        #expect(problems.isEmpty && file.problems.isEmpty)
        return settings
    }

    private func row(_ name: String, of settings: Settings) throws -> SettingsReport.Row {
        try #require(SettingsReport(of: settings).settings.first { $0.name == name })
    }

    @Test func eachSettingNamesItsOrigin() throws {
        let settings = settings(commandLine: ["max-fields": "50"])
        let queue = try row("queue-timeout", of: settings)
        #expect(queue.value == "4s" && queue.origin == .file && queue.place == "b.yaml:3" && queue.isLive)
        let head = try row("max-head", of: settings)
        #expect(head.value == "8KiB" && head.place == "b.yaml:4", "the file has precedence over the predecessor")
        #expect(try row("max-fields", of: settings).origin == .option)
        let threads = try row("threads", of: settings)
        #expect(threads.value == "3" && threads.origin == .predecessor && !threads.isLive)
        let retries = try row("retries", of: settings)
        #expect(
            retries.origin == .default
                && retries.value == SettingTable.rows(of: .balancer)["retries"]?.defaultText(of: .balancer))
        let workers = try row("max-workers", of: settings)
        #expect(workers.value == nil && workers.meaning != nil)
    }

    @Test func theCommandLineHasPrecedenceAndEveryRowIsThereOnce() throws {
        let settings = settings(commandLine: ["queue-timeout": "5s"])
        let queue = try row("queue-timeout", of: settings)
        #expect(queue.value == "5s" && queue.origin == .option && queue.place == nil)
        let names = SettingsReport(of: settings).settings.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(names) == Set(SettingTable.rows(of: .balancer).keys).subtracting(["replace"]))
    }

    @Test func aReloadMovesTheOrigins() throws {
        let change = SettingsChange(
            from: settings(), to: settings(file: "max-head: 8KiB\n# moved\n# twice\nqueue-timeout: 6s\n"))
        #expect(change.adopted == ["queue-timeout"])
        #expect(try row("queue-timeout", of: change.settings).place == "b.yaml:4")
        #expect(try row("max-head", of: change.settings).place == "b.yaml:1")
        let gone = SettingsChange(from: settings(), to: settings(file: "max-head: 8KiB\n"))
        #expect(try row("queue-timeout", of: gone.settings).origin == .default)
    }

    @Test func theSettingsOfAStandbyComeFromItsPredecessor() throws {
        let settings = settings(commandLine: ["queue-timeout": "5s", "certs": "/c"]).ofStandby
        #expect(try row("queue-timeout", of: settings).origin == .predecessor)
        #expect(try row("certs", of: settings).origin == .option)
    }
}
