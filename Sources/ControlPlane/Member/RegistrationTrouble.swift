internal import Cluster
internal import Connections
internal import Settings
internal import Sockets

/// The log line of a worker about a registration without an answer: the address, the fault and the remedy.
///
/// A worker asks again every few seconds. The log gets each text once, and the same text once a minute.
struct RegistrationTrouble {
    private static let repeatNanoseconds: UInt64 = 60_000_000_000

    private var last: (text: String, at: UInt64)?

    /// Returns whether the log gets a line with this text now.
    mutating func isNews(_ text: String, now: UInt64) -> Bool {
        if let last, last.text == text, now < last.at + RegistrationTrouble.repeatNanoseconds { return false }
        last = (text, now)
        return true
    }

    /// The worker is registered.
    mutating func end() { last = nil }

    /// - Parameters:
    ///   - configuration: of the balancer of this host, if one has lived here.
    ///   - certificate: this worker's, for a line about its refusal.
    ///   - command: the command that makes it.
    static func text(
        of failure: UpstreamFailure, at endpoint: UpstreamEndpoint, configuration: BalancerConfiguration?,
        certificate: @autoclosure () -> String?, command: String
    ) -> String {
        let place = endpoint.destination.details
        let hint = portHint(endpoint.destination.port, configuration)
        switch failure {
        case .handshake(.secure(.alert, let message)) where concernsCertificate(message):
            return "the balancer at \(place) refuses \(certificate() ?? "this worker's certificate"): \(message)"
                + cure(of: message, command)
        case .handshake(.secure(.other, let message)):
            return "no TLS is spoken at \(place), or not the cluster's (\(message))" + (hint ?? adminHint)
        case .handshake(.secure(_, let message)):
            return "no balancer of this cluster answers at \(place): \(message)" + (hint ?? "")
        case .otherNode(.unusable(let reason)):
            return "no balancer of this cluster answers at \(place): \(reason)" + (hint ?? publicHint)
        case .otherNode:
            return "no balancer of this cluster answers at \(place): \(failure)" + (hint ?? "")
        default:
            return "the balancer at \(place) can't be reached: \(failure): trying again" + (hint ?? "")
        }
    }

    /// Says which port `--balancer` takes, if this is another port of the balancer of this host.
    static func portHint(_ port: UInt16, _ configuration: BalancerConfiguration?) -> String? {
        guard let configuration, port != configuration.clusterPort else { return nil }
        let name =
            port == configuration.port ? "public" : port == configuration.adminPort ? "admin" : nil
        return name.map {
            ": this is the balancer's \($0) port; give --balancer the cluster port, \(configuration.clusterPort)"
        }
    }

    private static let publicHint =
        ": a balancer's public port answers like this; give --balancer the cluster port (7000, or the balancer's --cluster-port)"
    private static let adminHint =
        ": a balancer's admin port answers like this; give --balancer the cluster port (7000, or the balancer's --cluster-port)"

    private static func concernsCertificate(_ message: String) -> Bool {
        message.contains("certificate") || message.contains("unknown ca")
    }

    /// The names of the alerts are in RFC 8446, 6.2.
    private static func cure(of message: String, _ command: String) -> String {
        if message.contains("revoked") { return ": make new keys with '\(command) --force'" }
        if message.contains("expired") { return ": renew it with '\(command)'" }
        if message.contains("unknown ca") { return ": another CA has issued it; use certificates of the balancer's CA" }
        return ""
    }
}
