import Foundation

/// The result of a command that has ended, with its output.
struct CommandResult {
    /// Nil if the command took too long and was killed.
    let status: Int32?
    let output: Data
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    /// The lines on standard error.
    var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// A running command.
final class Command {
    private let process: SpawnedProcess
    private let folder: String

    /// - Parameter input: the command's standard input.
    init(_ program: String, _ arguments: [String], input: Data? = nil, in workingFolder: String = "/") throws {
        folder = try Files.makeTemporaryFolder()
        var inputPath = "/dev/null"
        if let input {
            inputPath = "\(folder)/in"
            try input.write(to: URL(fileURLWithPath: inputPath))
        }
        process = try SpawnedProcess(
            program, arguments, in: workingFolder, input: inputPath, output: "\(folder)/out", errors: "\(folder)/err")
    }

    deinit {
        process.end()
        Files.remove(folder)
    }

    var isRunning: Bool { process.isRunning }

    /// Has no effect after the command has ended.
    func send(_ signal: Int32) { process.send(signal) }

    /// Waits for the end.
    func finish(seconds: Double = Patience.seconds) -> CommandResult {
        let status = process.wait(seconds: max(seconds, seconds * Sanitizer.patience))
        let errors = Files.text("\(folder)/err")
        Sanitizer.check(errors, of: "a command's output")
        return CommandResult(status: status, output: Files.bytes("\(folder)/out"), errors: errors)
    }

    /// Starts a command and waits for its end.
    static func run(
        _ program: String, _ arguments: [String], input: Data? = nil, in workingFolder: String = "/",
        seconds: Double = Patience.seconds
    ) throws -> CommandResult {
        try Command(program, arguments, input: input, in: workingFolder).finish(seconds: seconds)
    }
}
