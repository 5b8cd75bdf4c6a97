internal import ArgumentParser
internal import Settings

/// The `worker` executable.
@main
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract:
            "A worker of an Understudy cluster: joins its balancer by itself, serves, and restarts the balancer when it dies.",
        version: Version.current,
        subcommands: [RunCommand.self, CheckCommand.self],
        defaultSubcommand: RunCommand.self)

    static func main() { Executable.run(WorkerCommand.self, serve: RunCommand.self, name: "worker") }
}
