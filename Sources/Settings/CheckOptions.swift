package import ArgumentParser
package import Cluster
internal import Telemetry

/// The options of `balancer check` and `worker check`.
package struct CheckOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file to check.", valueName: "file"))
    package var config: String

    @Option(help: ArgumentHelp("A folder of certificates to check too, made by certs/make-certs.", valueName: "folder"))
    package var certs: String?

    @Option(help: ArgumentHelp("The node's name, if the file does not have it.", valueName: "name"))
    package var id: String?

    package init() {}

    /// The command of each program.
    package static let command = CommandConfiguration(
        commandName: "check", abstract: "Show every mistake of a configuration file. Exit status 2 if there is one.")

    /// Prints every mistake, one a line, and throws exit status 2 if there is one.
    ///
    /// - Parameters:
    ///   - uses: the mistakes that the program finds when it uses the settings.
    ///   - certificates: the mistakes of the certificates in a folder, for a node.
    package func run(
        for program: Settings.Program, uses: (Settings) -> [SettingProblem],
        certificates: (_ folder: String, NodeID) -> [String]
    ) throws {
        let (settings, problems) = try Settings.read(file: config, of: program, uses: uses)
        var lines = problems.map(\.description)
        if let certs {
            guard let id = id.map({ NodeID($0) }) ?? settings.nodeID else {
                throw CommandError.usage("--id \(id ?? ""): use 1 to 63 characters of a-z 0-9 . -")
            }
            lines += certificates(certs, id)
        }
        if lines.isEmpty { return print("\(config): no mistakes") }
        for line in lines { print(line) }
        throw ExitCode(2)
    }
}
