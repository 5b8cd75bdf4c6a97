package import ArgumentParser
private import Glibc
internal import Telemetry

/// The running executable, and what both executables do around their commands.
package enum Executable {
    /// Parses and runs a command. Every error is one line on standard error, with the documented exit status.
    ///
    /// - Parameters:
    ///   - serve: the default subcommand. `--help` alone shows its options too.
    ///   - name: of the executable, for messages.
    package static func run<Command: ParsableCommand, Serve: ParsableCommand>(
        _ command: Command.Type, serve: Serve.Type, name: String
    ) {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--help"] || arguments == ["-h"] {
            print(command.helpMessage() + "\n\n" + serve.helpMessage())
            return
        }
        do {
            var parsed = try command.parseAsRoot(arguments)
            try parsed.run()
        } catch let error as CommandError {
            error.exitProcess(of: name)
        } catch let status as ExitCode {
            exit(status.rawValue)
        } catch {
            if command.exitCode(for: error) == .success {
                // --help and --version end up here.
                print(command.message(for: error))
                exit(0)
            }
            let message = command.message(for: error).split(separator: "\n").joined(separator: " ")
            CommandError.usage("\(message) (see '\(name) --help')").exitProcess(of: name)
        }
    }

    /// The folder of this executable, where the other executable lies too.
    package static var folder: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return "." }
        let path = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    package static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
