internal import ArgumentParser
internal import Settings

/// `balancer options`: prints docs/options.md, which scripts/options writes.
struct OptionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "options", abstract: "Print the options of both programs as Markdown.", shouldDisplay: false)

    func run() { print(OptionsDocument.text, terminator: "") }
}
