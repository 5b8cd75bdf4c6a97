import Foundation
import Testing

/// An attack: functions of `Tests/Tools/hostile`, and the share of honest requests that may fail meanwhile.
struct Attack: Sendable, CustomTestStringConvertible {
    /// The local user of the attacker.
    enum User: Sendable {
        /// The user of the cluster.
        case own
        /// The user `nobody` if the tests run as root; otherwise the same as `own`.
        case other
    }

    /// A sentence that describes the attack.
    let name: String
    /// Functions with their settings, as `MODULE.FUNCTION NAME=VALUE...`. All run at once.
    let parts: [String]
    var user = User.own
    /// The share of honest requests that may fail during the attack: those that a lying member received.
    var losses = 0.0
    /// The attacker's address. Honest clients have another one.
    var source = "127.0.0.66"

    init(_ name: String, _ parts: String...) {
        self.name = name
        self.parts = parts
    }

    var testDescription: String { name }

    func by(_ user: User) -> Attack {
        var copy = self
        copy.user = user
        return copy
    }

    func losing(atMost share: Double) -> Attack {
        var copy = self
        copy.losses = share
        return copy
    }

    /// The duration of an attack in seconds. A long run uses more time for each.
    static let seconds =
        ProcessInfo.processInfo.environment["UNDERSTUDY_HOSTILE_SECONDS"].flatMap { Double($0) } ?? 2
}

/// An attacker's report at its end.
struct AttackReport: Decodable, CustomStringConvertible {
    /// For each part, how often it acted.
    let acts: [String: Int]
    /// Forbidden results that the attacker achieved.
    let gains: [String]
    /// Other observations, and how often they occurred.
    let notes: [String: Int]

    var description: String { "did \(AttackReport.list(acts)), met \(AttackReport.list(notes))" }

    private static func list(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
}
