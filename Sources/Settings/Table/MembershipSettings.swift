internal import Cluster

/// The part of a worker in its cluster.
enum MembershipSettings: SettingSection {
    static func title(for program: Settings.Program) -> String { "Membership" }

    static let rows = (joining + standingIn).only(.worker)

    private static let joining: [Setting] = [
        .text(
            "balancer", \.worker.balancers,
            SettingText(
                valueName: "host:port",
                wanted:
                    "HOST:PORT with a port from 1 to 65535, or 1 to \(Endpoints.maximumBalancers) of them with commas between"
            ) {
                Endpoints.places($0) != nil
            },
            "The balancer's cluster port. Give several if the balancer may run on one of several hosts: A:7000,B:7000"
        ).list,
        .text(
            "file", \.worker.sharedFile, .any("file"),
            "The file that /write appends to and /read reads"),
        .text(
            "forward", \.worker.application,
            SettingText(
                valueName: "url",
                wanted:
                    "http://HOST:PORT or h2c://HOST:PORT with a port from 1 to 65535, without a path: requests reach the application of this host without TLS"
            ) { Endpoints.applicationPlace($0) != nil },
            unset: "none",
            "Be the front of this local application (h2c:// for HTTP/2, such as gRPC) instead of serving the built-in tasks"
        ),
        .count(
            "capacity", \.worker.offer.capacity, 1...WorkerOffer.maximumCapacity,
            "The worker's share of the requests in relation to workers of another capacity"),
        .count(
            "max-requests", \.worker.offer.maximumRequests, 0...WorkerOffer.maximumConcurrency,
            "Requests at the same time; 0 for no limit"),
    ]

    private static let standingIn: [Setting] = [
        .flag("no-standby", \.worker.neverStandsIn, "Never start a balancer"),
        .flag(
            "across-hosts", \.worker.acrossHosts,
            "Start the balancer on this host when the balancer's host is lost"),
        .flag(
            "takeover-without-quorum", \.worker.needsNoQuorum,
            "With --across-hosts: take over without the agreement of more than half of the workers. Then two balancers may run"
        ),
        .text(
            "on-takeover", \.worker.takeoverCommand, .any("command"), unset: "none",
            "A shell command that runs after this worker started the balancer, such as one that moves an address"),
    ]
}
