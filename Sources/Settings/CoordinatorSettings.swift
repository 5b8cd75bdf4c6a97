package import Cluster
internal import HTTP
internal import Sockets

/// The coordinator, which decides which balancer may reign, and its address.
package struct CoordinatorSettings: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The lock of the state directory: one balancer on each host.
        case lock
        /// A lease in etcd: one balancer on all hosts.
        case etcd
    }

    package var kind = Kind.lock
    /// The URLs of the store's members, with commas between.
    var members: String?
    package var prefix: String?
    /// The folder with `client.pem` and `client.key`.
    package var certificatesFolder: String?
    /// The CA of the store; nil for the cluster's.
    package var authority: String?
    package var user: String?
    package var passwordFile: String?
    package var lifetimeSeconds = 5
    /// All nodes of a cluster have the same.
    package var lossPolicy = StoreLossPolicy.failsafe
    var allowsPlain = false
    /// The address at which other hosts reach this one; nil for `--host`.
    package var advertisedHost: String?
    package var releaseCommand: String?

    /// The settings that a worker hands to the balancer that it starts.
    static let names = [
        "coordinator", "etcd", "etcd-prefix", "etcd-certs", "etcd-ca", "etcd-user", "etcd-password-file", "etcd-ttl",
        "when-store-lost", "insecure-etcd", "on-release",
    ]

    /// A member of the store.
    package struct Member: Sendable, Equatable {
        package let place: Endpoints.Place
        package let isSecure: Bool
    }

    static let maximumMembers = 9

    /// The members in the given order, without repetitions.
    package var memberList: [Member] { members.flatMap(CoordinatorSettings.members) ?? [] }

    /// Nil for a text that is no list of URLs.
    static func members(_ text: String) -> [Member]? {
        var all: [Member] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let isSecure = part.hasPrefix("https://")
            guard isSecure || part.hasPrefix("http://") else { return nil }
            var rest = String(part.dropFirst(isSecure ? 8 : 7))
            if rest.hasSuffix("/") { rest.removeLast() }
            guard !rest.contains("/"), let places = Endpoints.places(rest), places.count == 1 else { return nil }
            let member = Member(place: places[0], isSecure: isSecure)
            if !all.contains(member) { all.append(member) }
        }
        return (1...maximumMembers).contains(all.count) ? all : nil
    }

    /// Why these settings exclude each other; nil if they don't.
    func conflict(given: [String: String], of program: Settings.Program, host: String) -> String? {
        guard kind == .etcd else {
            // With an explicit `--coordinator lock`, the store's settings may stay in the file.
            if given["coordinator"] != nil { return nil }
            let others = CoordinatorSettings.names.dropFirst() + ["advertise"]
            if let name = others.first(where: { given[$0] != nil }) {
                return "--\(name) belongs to --coordinator etcd: give that too"
            }
            return nil
        }
        let members = memberList
        guard let first = members.first else {
            return "--coordinator etcd needs the members of the store: give --etcd https://HOST:2379,..."
        }
        if members.contains(where: { $0.isSecure != first.isSecure }) {
            return "--etcd has members with and without TLS: use https:// for all of them"
        }
        if first.isSecure && certificatesFolder == nil {
            return "--etcd with https:// needs a certificate: give --etcd-certs (certs/make-certs etcd NAME makes it)"
        }
        if !first.isSecure, !allowsPlain, members.contains(where: { !CoordinatorSettings.isLoopback($0.place) }) {
            return
                "--etcd with http:// is for this host only: use https://, or give --insecure-etcd on a trusted network"
        }
        if (user == nil) != (passwordFile == nil) { return "--etcd-user and --etcd-password-file belong together" }
        if program == .balancer, advertisedHost == nil, ["::", "0.0.0.0", "*"].contains(host) {
            return "--coordinator etcd needs the address at which other hosts reach this one: give --advertise"
        }
        return nil
    }

    private static func isLoopback(_ place: Endpoints.Place) -> Bool {
        place.host == "localhost" || SocketAddress(host: place.host, port: place.port)?.isLoopback == true
    }
}

extension Settings {
    /// The store's settings, by name, for a balancer that this worker starts on this host.
    package var storeTexts: [String: String] {
        guard coordinator.kind == .etcd else { return [:] }
        var texts = given.filter { CoordinatorSettings.names.contains($0.key) }
        texts["advertise"] = host
        return texts
    }
}
