package import ArgumentParser
private import Glibc

/// What both executables do around their commands.
package enum Program {
    /// Parses and runs a command; every error is one line on standard error, with the exit status that users rely on.
    ///
    /// - Parameter arguments: adds what a file says to what the command line says.
    package static func run<Command: ParsableCommand>(
        _ command: Command.Type, arguments: ([String]) throws -> [String], name: String
    ) {
        do {
            var parsed = try command.parseAsRoot(try arguments(Array(CommandLine.arguments.dropFirst())))
            try parsed.run()
        } catch let error as CommandError {
            error.exitProcess(of: name)
        } catch {
            let code = command.exitCode(for: error)
            if code == .success {
                // --help and --version end up here.
                print(command.message(for: error))
                exit(0)
            }
            let message = command.message(for: error).split(separator: "\n").joined(separator: " ")
            CommandError.usage("\(message) (see '\(name) --help')").exitProcess(of: name)
        }
    }

    /// The folder of this executable, where its sibling lies.
    package static var folder: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return "." }
        let path = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    package static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
