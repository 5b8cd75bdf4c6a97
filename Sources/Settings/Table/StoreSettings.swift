internal import Cluster
internal import Telemetry

/// The coordinator of many hosts: which store, and how it is reached.
enum StoreSettings: SettingSection {
    static func title(for program: Settings.Program) -> String { "Coordinator" }

    static let rows: [Setting] = [
        Setting(
            "coordinator", .text(.choice("name", CoordinatorSettings.Kind.allCases.map(\.rawValue))),
            "What decides which balancer may reign: lock (one on each host) or etcd (one on all hosts)",
            store: {
                if case .text(let text) = $1, let kind = CoordinatorSettings.Kind(rawValue: text) {
                    $0.coordinator.kind = kind
                }
            },
            load: { .text($0.coordinator.kind.rawValue) },
            copy: { $0.coordinator.kind = $1.coordinator.kind }
        ).reaching(.cluster),
        .text(
            "etcd", \.coordinator.members,
            SettingText(
                valueName: "urls",
                wanted:
                    "1 to \(CoordinatorSettings.maximumMembers) URLs https://HOST:PORT with commas between, without a path"
            ) { CoordinatorSettings.members($0) != nil },
            unset: "none",
            "The members of the store"
        ).list.reaching(.host),
        .text(
            "etcd-prefix", \.coordinator.prefix,
            SettingText(
                valueName: "prefix",
                wanted: "2 to 255 of a-z A-Z 0-9 . _ - and /, beginning with / and not ending with it",
                accepts: isPrefix),
            unset: "/understudy/ and the cluster's name",
            "Where the keys of this cluster are in the store"
        ).reaching(.cluster),
        file(
            "etcd-certs", \.coordinator.certificatesFolder, "folder",
            "The folder with client.pem and client.key for the store, which certs/make-certs etcd NAME made"),
        file(
            "etcd-ca", \.coordinator.authority, "file", unset: "ca.pem of --certs",
            "The CA of the store's certificates"),
        .text(
            "etcd-user", \.coordinator.user, .any("name"), unset: "none",
            "The store's user of this cluster"
        ).reaching(.host),
        file(
            "etcd-password-file", \.coordinator.passwordFile, "file",
            "The file with the password of --etcd-user"),
        .seconds(
            "etcd-ttl", \.coordinator.lifetimeSeconds, 2...60,
            "How long the store keeps the reign of a host that is lost. Give all nodes the same time"
        ).reaching(.cluster),
        Setting(
            "when-store-lost", .text(.choice("policy", StoreLossPolicy.allCases.map(\.rawValue))),
            "When the store does not answer: failsafe (reign on while all hosts that may reign agree) or stop. Give all nodes the same",
            store: {
                if case .text(let text) = $1, let policy = StoreLossPolicy(rawValue: text) {
                    $0.coordinator.lossPolicy = policy
                }
            },
            load: { .text($0.coordinator.lossPolicy.rawValue) },
            copy: { $0.coordinator.lossPolicy = $1.coordinator.lossPolicy }
        ).reaching(.cluster),
        .flag(
            "insecure-etcd", \.coordinator.allowsPlain, "Allow http:// to other hosts: nothing is encrypted"
        ).reaching(.host),
        .text(
            "advertise", \.coordinator.advertisedHost,
            SettingText(valueName: "host", wanted: "an address or a name of this host") { HostName.isValid($0) },
            unset: "--host",
            "With --coordinator etcd: where other hosts reach the cluster port of this one"
        ).only(.balancer).reaching(.host),
        .text(
            "on-release", \.coordinator.releaseCommand, .any("command"), unset: "none",
            "With --coordinator etcd: a shell command that runs before another host can reign, such as one that takes an address away. A worker hands it to the balancer that it starts"
        ).reaching(.host),
    ]

    private static func isPrefix(_ text: String) -> Bool {
        guard (2...255).contains(text.utf8.count), text.hasPrefix("/"), !text.hasSuffix("/") else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || [0x2D, 0x2E, 0x2F, 0x5F].contains($0)
        }
    }

    /// A successor has another working directory, so the path is stored as an absolute one.
    private static func file(
        _ name: String, _ path: SettingPath<String?>, _ valueName: String, unset: String = "none", _ help: String
    ) -> Setting {
        Setting(
            name, .text(.any(valueName)), help, unset: unset,
            store: { if case .text(let text) = $1 { $0[keyPath: path] = AccessLog.absolute(text) } },
            load: { $0[keyPath: path].map { .text($0) } },
            copy: { $0[keyPath: path] = $1[keyPath: path] }
        ).reaching(.host)
    }
}
