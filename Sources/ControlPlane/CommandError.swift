/// Why a command can't go on: one line that says what is wrong and what to do, and the exit status.
package struct CommandError: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// 2 for wrong usage or configuration, 1 for a failure.
    package let exitStatus: Int32

    /// Wrong usage or configuration.
    package static func usage(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 2)
    }

    /// Something failed although everything was asked for properly.
    package static func failure(_ message: String) -> CommandError {
        CommandError(description: message, exitStatus: 1)
    }
}
