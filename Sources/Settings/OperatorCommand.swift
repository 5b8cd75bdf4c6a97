/// The commands of `balancer` that a running balancer answers over `admin.sock`. The help, the shell completions, the paths
/// of the socket and docs/options.md come from this table.
package enum OperatorCommand: String, CaseIterable, Sendable {
    case status, drain, undrain, pause, resume, settings, reload, stop

    package var name: String { rawValue }

    /// The path of the request.
    package var path: String { "/v1/\(rawValue)" }

    /// The command changes something, so the request is a POST. Any other one is a GET.
    package var isOrder: Bool {
        switch self {
        case .drain, .undrain, .pause, .resume, .reload, .stop: true
        case .status, .settings: false
        }
    }

    /// The arguments after the name, as a usage line has them.
    package var arguments: String {
        switch self {
        case .status: "[--pid]"
        case .drain, .undrain: "WORKER-ID"
        case .pause: "[--for TIME]"
        case .resume, .settings, .reload: ""
        case .stop: "[--cluster]"
        }
    }

    /// One sentence.
    package var summary: String {
        switch self {
        case .status: "Show the reigning balancer and its workers as a table."
        case .drain: "Take a worker out of the rotation. It finishes its requests and gets no new ones."
        case .undrain: "End the drain of a worker. It gets requests again."
        case .pause: "Hold new requests in the queue. Running requests finish."
        case .resume: "End a pause. The waiting requests get workers."
        case .settings: "Show the settings in force, and where each comes from."
        case .reload: "Read the file of --config and the certificates again, all or nothing."
        case .stop: "End the balancer's process in order. With --cluster, end all workers first, and then the balancer."
        }
    }

    /// Further facts for the operator.
    package var details: String {
        switch self {
        case .status:
            "If the balancer of this state directory reigns on another host, the error says where. Without options the command tries the default state directory, and then the admin port 9000 of this host."
        case .drain:
            "A successor keeps the drain. It ends with 'balancer undrain', or when the worker's process restarts."
        case .undrain:
            "The worker gets requests at once if its last probe was good, and otherwise after the next good probe."
        case .pause:
            "A request waits for at most --queue-timeout and then gets 503, and at most --queue-size requests wait. With --for the pause ends by itself. Probes go on. A successor keeps the pause."
        case .resume:
            "Nothing happens without a pause."
        case .settings:
            "A setting comes from an option, from a line of the file of --config, from the predecessor, or is the default."
        case .reload:
            "The answer names the settings that changed, and those that only a replacement adopts. With a mistake nothing changes."
        case .stop:
            "Requests in progress are finished. A worker starts a successor, unless the whole cluster ends."
        }
    }

    /// The exit statuses of all these commands.
    package static let exitStatuses: [(status: Int32, meaning: String)] = [
        (0, "done, or nothing had to be done"),
        (1, "the balancer refused the command, or the command failed"),
        (2, "the command line is wrong"),
        (3, "no balancer reigns in this state directory"),
        (4, "this user may not give commands here"),
    ]
}
