/// The cluster's information on one worker, as it is stored, sent, and passed to a successor.
package struct WorkerRecord: Codable, Sendable, Equatable {
    package var id: NodeID
    /// The address on which the worker serves: an IP address without brackets, or a DNS name.
    package var host: String
    package var port: UInt16
    /// Increases with every start of the worker's process. The record with the highest incarnation is valid.
    package var incarnation: UInt64
    /// A random number of this start. It tells two starts apart that have one incarnation, because the wall clock was set
    /// back and the state directory kept an old list. Nil for a node of an earlier version.
    package var startMark: UInt32?
    /// True if the worker can start a balancer: it has a balancer certificate and the state directory.
    package var mayStandIn: Bool
    package var offer: WorkerOffer
    /// The worker's lock domain; nil for a node of an earlier version.
    package var lockDomain: LockDomain?
    /// True if the worker may start a balancer in its own lock domain when a balancer of another one has died.
    package var acrossHosts: Bool
    package var state: WorkerState
    /// An operator has drained the worker, so its state is `draining`. The worker itself does not leave. This lasts until
    /// an operator ends it, or until the worker's process restarts.
    package var isDrained: Bool

    package init(
        id: NodeID, host: String, port: UInt16, incarnation: UInt64, startMark: UInt32? = nil, mayStandIn: Bool,
        offer: WorkerOffer = WorkerOffer(), lockDomain: LockDomain? = nil, acrossHosts: Bool = false,
        state: WorkerState = .joining, isDrained: Bool = false
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.incarnation = incarnation
        self.startMark = startMark
        self.mayStandIn = mayStandIn
        self.offer = offer
        self.lockDomain = lockDomain
        self.acrossHosts = acrossHosts
        self.state = state
        self.isDrained = isDrained
    }

    /// The worker is ending its membership itself.
    package var isLeaving: Bool { state == .draining && !isDrained }

    private enum Key: String, CodingKey {
        case state
        case isDrained = "drained"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try WorkerFields(from: decoder)
        let own = try decoder.container(keyedBy: Key.self)
        self.init(
            id: fields.id, host: fields.host, port: fields.port, incarnation: fields.incarnation,
            startMark: fields.startMark, mayStandIn: fields.mayStandIn, offer: fields.offer,
            lockDomain: fields.lockDomain,
            acrossHosts: fields.acrossHosts ?? false,
            state: try own.decode(WorkerState.self, forKey: .state),
            // A node of an earlier version does not send it.
            isDrained: try own.decodeIfPresent(Bool.self, forKey: .isDrained) ?? false)
    }

    package func encode(to encoder: any Encoder) throws {
        try WorkerFields(of: self).encode(to: encoder)
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(state, forKey: .state)
        if isDrained { try fields.encode(true, forKey: .isDrained) }
    }

    /// True if both records have the same port and the same text as host. The function resolves no names.
    package func hasAddress(of other: WorkerRecord) -> Bool {
        port == other.port && host == other.host
    }

    /// True if this record can be of the start with this incarnation and mark. Without a mark on one side, the incarnation
    /// decides.
    func isOfStart(_ incarnation: UInt64, mark: UInt32?) -> Bool {
        guard incarnation == self.incarnation else { return false }
        guard let mark, let startMark else { return true }
        return mark == startMark
    }

    /// A copy of this record with an incarnation above that of `earlier`.
    func laterThan(_ earlier: WorkerRecord?) -> WorkerRecord {
        guard let earlier, earlier.incarnation >= incarnation, earlier.incarnation < .max else { return self }
        var record = self
        record.incarnation = earlier.incarnation + 1
        return record
    }

    /// The order of succession: (port, host, id).
    package static func precedes(_ left: WorkerRecord, _ right: WorkerRecord) -> Bool {
        if left.port != right.port { return left.port < right.port }
        if left.host != right.host { return left.host < right.host }
        return left.id < right.id
    }
}
