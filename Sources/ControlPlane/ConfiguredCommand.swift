package import ArgumentParser

/// A command whose options may also stand in a file: `--config FILE`. What the command line says wins.
package protocol ConfiguredCommand: ParsableCommand {
    /// Options without a value; in the file `true` or `false`.
    static var flags: Set<String> { get }
    /// Options that make no sense in a file.
    static var commandLineOnly: Set<String> { get }

    /// Checks each value by itself, whatever the others are.
    func checkValues() throws
}

extension ConfiguredCommand {
    /// For the help of commands with limits.
    package static var unitsDiscussion: String {
        "Times are whole numbers with ms, s, m or h, up to 24h; bytes are whole numbers, or have KiB or MiB."
    }

    /// The arguments, with those of the file that `--config` names before them.
    package static func withConfiguration(_ arguments: [String]) throws(CommandError) -> [String] {
        guard let path = configurationPath(in: arguments) else { return arguments }
        guard let bytes = DurableFile.read(path) else { throw .usage("--config \(path) can't be read") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .usage("--config \(path) is not UTF-8") }
        let file: ConfigurationFile
        do throws(ConfigurationFile.Problem) {
            file = try ConfigurationFile(text)
        } catch {
            throw .usage("\(path):\(error.line): \(error.reason)")
        }
        var all: [String] = []
        for entry in file.entries {
            do throws(CommandError) {
                all += try self.arguments(of: entry)
            } catch {
                throw .usage("\(path):\(entry.line): \(error.description)")
            }
        }
        return all + arguments
    }

    private static func configurationPath(in arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == "--config", index + 1 < arguments.count { return arguments[index + 1] }
            if argument.hasPrefix("--config=") { return String(argument.dropFirst("--config=".count)) }
        }
        return nil
    }

    /// The entry as arguments, after both the parser and the command have found it good by itself.
    private static func arguments(of entry: ConfigurationFile.Entry) throws(CommandError) -> [String] {
        if commandLineOnly.contains(entry.name) { throw .usage("\(entry.name) can only be given on the command line") }
        let arguments: [String]
        if flags.contains(entry.name) {
            guard ["true", "false"].contains(entry.value) else { throw .usage("\(entry.name): use true or false") }
            arguments = entry.value == "true" ? ["--\(entry.name)"] : []
        } else {
            arguments = ["--\(entry.name)=\(entry.value)"]
        }
        do {
            try parse(arguments).checkValues()
        } catch let error as CommandError {
            throw .usage("\(entry.name): \(error.description)")
        } catch {
            let text = message(for: error).split(separator: "\n").first.map(String.init) ?? ""
            throw .usage(text.contains("Unknown option") ? "unknown key \(entry.name)" : "\(entry.name): \(text)")
        }
        return arguments
    }
}
