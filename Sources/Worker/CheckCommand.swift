internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Settings

/// `worker check`: shows every mistake of a configuration file.
struct CheckCommand: ParsableCommand {
    static let configuration = CheckOptions.command

    @OptionGroup var options: CheckOptions

    func run() throws {
        try options.run(
            for: .worker, uses: { WorkerPlaces.problems(with: $0) },
            certificates: { NodeCertificates.mistakes(folder: $0, id: $1, role: .worker) })
    }
}
