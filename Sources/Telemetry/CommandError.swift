/// The reason why a command can't continue: one line with the fault and the cure, and the exit status.
package struct CommandError: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// 2 for wrong usage or configuration, 1 for a failure. Commands of operators also have 3 and 4, as the actions of init
    /// scripts have (LSB, "Init Script Actions").
    package let exitStatus: Int32

    /// Wrong usage or configuration.
    package static func usage(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 2)
    }

    /// No balancer runs that could answer.
    package static func notRunning(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 3)
    }

    /// This user may not do that.
    package static func notPermitted(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 4)
    }

    /// A failure of a correct command.
    package static func failure(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 1)
    }
}
