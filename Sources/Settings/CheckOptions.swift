package import ArgumentParser

/// The options of `balancer check` and `worker check`.
package struct CheckOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file to check.", valueName: "file"))
    package var config: String

    @Option(help: ArgumentHelp("A folder of certificates to check too, made by certs/make-certs.", valueName: "folder"))
    package var certs: String?

    package init() {}

    /// Prints every mistake of the file, one a line, and throws exit status 2 if there is one.
    ///
    /// - Parameter certificates: throws the mistake of the certificates in a folder, for a node of the settings.
    package func run(
        for program: Settings.Program, certificates: (Settings, String) throws -> Void
    ) throws {
        let (settings, problems) = try Settings.read(file: config, of: program)
        var lines = problems.map(\.description)
        if let certs {
            do {
                try certificates(settings, certs)
            } catch {
                lines.append("\(error)")
            }
        }
        if lines.isEmpty { return print("\(config): no mistakes") }
        for line in lines { print(line) }
        throw ExitCode(2)
    }
}
