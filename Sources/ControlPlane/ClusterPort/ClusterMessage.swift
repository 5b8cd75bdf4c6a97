internal import Cluster
internal import Storage

/// A decoded request at the cluster port.
enum ClusterMessage: Sendable {
    case register(Registration)
    case watch(Watch)
    case discover(DiscoveryRequest)
    case drain(Departure)
    case leave(Departure)
    /// A worker of another host shows its balancer certificate to prove that it may stand in.
    case standIn(Departure)

    /// The kinds of messages, by path.
    enum Kind: Sendable {
        case register, watch, discover, drain, leave, standIn

        init?(path: String) {
            switch path {
            case ClusterPaths.register: self = .register
            case ClusterPaths.watch: self = .watch
            case ClusterPaths.discover: self = .discover
            case ClusterPaths.drain: self = .drain
            case ClusterPaths.leave: self = .leave
            case ClusterPaths.standIn: self = .standIn
            default: return nil
            }
        }

        /// The longest decoded content in bytes: several times the usual length. The cost of decoding grows with the
        /// length.
        var maximumBody: Int {
            switch self {
            case .register: 16 << 10
            case .watch, .discover, .drain, .leave, .standIn: 1024
            }
        }

        /// The name for the answer to invalid content.
        var name: String {
            switch self {
            case .register: "registration"
            case .watch: "watch"
            case .discover: "question"
            case .drain, .leave, .standIn: "request"
            }
        }
    }

    /// Fails if the content is too long or is no message of this kind.
    init?(_ kind: Kind, from body: [UInt8]) {
        guard body.count <= kind.maximumBody else { return nil }
        let message: ClusterMessage? =
            switch kind {
            case .register: JSON.decode(Registration.self, from: body).map { .register($0) }
            case .watch: JSON.decode(Watch.self, from: body).map { .watch($0) }
            case .discover: JSON.decode(DiscoveryRequest.self, from: body).map { .discover($0) }
            case .drain: JSON.decode(Departure.self, from: body).map { .drain($0) }
            case .leave: JSON.decode(Departure.self, from: body).map { .leave($0) }
            case .standIn: JSON.decode(Departure.self, from: body).map { .standIn($0) }
            }
        guard let message else { return nil }
        self = message
    }
}
