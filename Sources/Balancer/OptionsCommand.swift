internal import ArgumentParser
internal import Settings

/// `balancer options`: prints docs/options.md and the schemas in contrib/schema, which scripts/options writes.
struct OptionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "options", abstract: "Print the options of both programs as Markdown, or as a JSON schema.",
        shouldDisplay: false)

    @Option(help: ArgumentHelp("Print the schema of this program's file.", valueName: "program"))
    var schema: Settings.Program?

    func run() { print(schema.map { SettingsSchema.text(of: $0) } ?? OptionsDocument.text, terminator: "") }
}

extension Settings.Program: ExpressibleByArgument {}
