import Foundation

/// The process of an attack on a cluster: `Tests/Tools/hostile/attack.py`.
final class Attacker {
    private let attack: Attack
    private let command: Command
    private let seconds: Double

    /// - Parameters:
    ///   - certificates: the folder of the attacker's certificates, in the build with TLS.
    ///   - epoch: the epoch of the reign.
    init(
        _ attack: Attack, on cluster: TestCluster, certificates: String, epoch: Int = 1,
        seconds: Double = Attack.seconds
    ) throws {
        self.attack = attack
        self.seconds = seconds
        var arguments =
            ["-B", "\(Files.packageRoot)/Tests/Tools/hostile/attack.py"] + attack.parts + [
                "--public", "\(cluster.publicPort)", "--cluster", "\(cluster.clusterPort)", "--admin",
                "\(cluster.adminPort)", "--workers", cluster.workers.map { "\($0.port)" }.joined(separator: ","),
                "--state", cluster.stateDirectory, "--source", attack.source, "--epoch", "\(epoch)", "--seconds",
                "\(seconds)",
            ]
        if TestCertificates.scheme == "https" { arguments += ["--certs", certificates] }
        if attack.user == .other, let nobody = Privileges.otherUser { arguments += ["--user", "\(nobody)"] }
        command = try Command("python3", arguments)
    }

    var isRunning: Bool { command.isRunning }

    /// Ends the attack early and returns its report.
    func stop() throws -> AttackReport {
        command.send(SIGTERM)
        return try finish()
    }

    /// Waits for the end of the attack.
    func finish() throws -> AttackReport {
        let result = command.finish(seconds: seconds + Patience.seconds)
        guard result.status == 0, let line = result.text.split(separator: "\n").last else {
            throw HarnessError("\(attack.name): the attacker failed: \(result.errors)")
        }
        return try JSONDecoder().decode(AttackReport.self, from: Data(line.utf8))
    }
}
