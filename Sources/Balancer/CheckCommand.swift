internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Settings

/// `balancer check`: shows every mistake of a configuration file.
struct CheckCommand: ParsableCommand {
    static let configuration = CheckOptions.command

    @OptionGroup var options: CheckOptions

    func run() throws {
        try options.run(
            for: .balancer, uses: { CheckCommand.problems(with: $0) },
            certificates: { NodeCertificates.mistakes(folder: $0, id: $1, role: .balancer) })
    }

    /// The mistakes that a balancer finds when it uses the settings.
    static func problems(with settings: Settings) -> [SettingProblem] {
        guard let command = settings.coordinator.releaseCommand, let problem = ShellCommand(command).problem else {
            return []
        }
        return [settings.problem(with: "on-release", "--on-release \(command): \(problem)")]
    }
}
