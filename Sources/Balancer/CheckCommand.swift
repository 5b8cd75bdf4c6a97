internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Settings

/// `balancer check`: shows every mistake of a configuration file.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Show every mistake of a configuration file. Exit status 2 if there is one.")

    @OptionGroup var options: CheckOptions

    func run() throws {
        try options.run(for: .balancer) { settings, folder in
            _ = try NodeCertificates(folder: folder, id: settings.nodeID, role: .balancer)
        }
    }
}
