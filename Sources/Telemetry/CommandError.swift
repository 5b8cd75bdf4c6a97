/// The reason why a command can't continue: one line with the fault and the cure, and the exit status.
package struct CommandError: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// 2 for wrong usage or configuration, 1 for a failure.
    package let exitStatus: Int32

    /// Wrong usage or configuration.
    package static func usage(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 2)
    }

    /// A failure of a correct command.
    package static func failure(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 1)
    }
}
