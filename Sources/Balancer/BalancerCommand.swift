internal import ArgumentParser
internal import ControlPlane

/// The `balancer` executable.
@main
struct BalancerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "balancer",
        abstract:
            "An HTTPS load balancer whose workers join by themselves over mutual TLS, and bring it back when it dies.",
        version: Version.current,
        subcommands: [RunCommand.self, StatusCommand.self],
        defaultSubcommand: RunCommand.self)

    static func main() {
        // The options are those of the default subcommand: show both at once.
        if let only = CommandLine.arguments.dropFirst().first, CommandLine.arguments.count == 2,
            ["--help", "-h"].contains(only)
        {
            print(helpMessage() + "\n\n" + RunCommand.helpMessage())
            return
        }
        Program.run(
            BalancerCommand.self,
            arguments: { arguments in
                switch arguments.first {
                case "status", "help": arguments
                case "run": ["run"] + (try RunCommand.withConfiguration(Array(arguments.dropFirst())))
                default: try RunCommand.withConfiguration(arguments)
                }
            }, name: "balancer")
    }
}
