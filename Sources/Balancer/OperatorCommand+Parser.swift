internal import ArgumentParser
internal import Settings

extension OperatorCommand {
    /// The parser of this command's arguments.
    var parser: any ParsableCommand.Type {
        switch self {
        case .status: StatusCommand.self
        case .drain: DrainCommand.self
        case .undrain: UndrainCommand.self
        case .pause: PauseCommand.self
        case .resume: ResumeCommand.self
        case .settings: SettingsCommand.self
        case .reload: ReloadCommand.self
        case .stop: StopCommand.self
        }
    }
}

extension CommandConfiguration {
    /// The configuration of a command from the table.
    init(for command: OperatorCommand) {
        let statuses = OperatorCommand.exitStatuses.map { "\($0.status): \($0.meaning)." }.joined(separator: "\n  ")
        self.init(
            commandName: command.name, abstract: command.summary,
            discussion: "\(command.details)\n\nExit status\n  \(statuses)")
    }
}
