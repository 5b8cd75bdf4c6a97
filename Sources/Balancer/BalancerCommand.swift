internal import ArgumentParser
internal import Settings

/// The `balancer` executable.
@main
struct BalancerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "balancer",
        abstract:
            "An HTTPS load balancer. Workers join by themselves over mutual TLS, and restart the balancer when it dies.",
        version: Version.current,
        subcommands: [RunCommand.self] + commands
            + [WatchCommand.self, CheckCommand.self, EpochsCommand.self, OptionsCommand.self],
        defaultSubcommand: RunCommand.self)

    /// The commands that a running balancer answers.
    private static var commands: [any ParsableCommand.Type] { OperatorCommand.allCases.map(\.parser) }

    static func main() { Executable.run(BalancerCommand.self, serve: RunCommand.self, name: "balancer") }
}
