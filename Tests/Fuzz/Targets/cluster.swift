import Cluster

/// Fuzzes the messages of the cluster protocol. Each line is one message after the letter of its kind. A balancer core
/// and a worker core receive the messages as from their shells.
///
/// Whatever peers send, these laws hold. The registry contains only workers that a connect-back has confirmed. Each
/// address has one member. Versions and epochs never decrease. Every decoded message is encoded as it was read.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzCluster(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var history = ClusterHistory()
    let input = UnsafeBufferPointer(start: start, count: count)
    for line in input.split(separator: 0x0A).prefix(40) {
        guard let kind = line.first else { continue }
        history.take(UnicodeScalar(kind), Array(line.dropFirst()))
        history.checkLaws()
    }
    return 0
}

private struct ClusterHistory {
    private static let zero = Instant(nanoseconds: 0)
    private static let asked = NodeID("worker-8001")

    private var now = zero
    private var balancer = BalancerCore(
        epoch: Epoch(3), cluster: "test", reservedPorts: [7000, 8000], seed: 1, now: zero)
    private var member: MemberCore?
    private var proven: Set<String> = []
    private var lastVersion: UInt64 = 0
    private var lastSnapshot = Snapshot.empty
    private var lastEpoch = Epoch.none

    init() {
        guard let id = Self.asked else { return }
        let record = WorkerRecord(id: id, host: "127.0.0.1", port: 8001, incarnation: 5, mayStandIn: true)
        member = MemberCore(record: record, seed: 1, now: now)
        member?.start(now: now)
    }

    mutating func take(_ kind: UnicodeScalar, _ body: [UInt8]) {
        switch kind {
        case "r": if let message = understood(Registration.self, body) { register(message) }
        case "w":
            if let message = understood(Watch.self, body) {
                _ = balancer.watch(message, peer: peer(message.id), now: now)
            }
        case "d":
            if let message = decoded(Departure.self, body) {
                _ = balancer.drain(message.id, incarnation: message.incarnation, peer: peer(message.id), now: now)
            }
        case "l":
            if let message = decoded(Departure.self, body) {
                _ = balancer.leave(message.id, incarnation: message.incarnation, peer: peer(message.id), now: now)
            }
        case "p":
            if let message = understood(Prevote.self, body) {
                if let answer = member?.prevoteAsked(message, now: now) {
                    _ = understood(PrevoteAnswer.self, JSON.encode(answer))
                }
            }
        case "v":
            if let message = understood(PrevoteAnswer.self, body), let id = NodeID("worker-8002") {
                member?.prevoteAnswered(from: id, message, now: now)
            }
        case "a":
            if let message = decoded(RegistrationAnswer.self, body) {
                member?.registered(message.snapshot, settings: message.settings, now: now)
            }
        case "s":
            if let message = decoded(WatchAnswer.self, body) {
                member?.watchAnswered(epoch: message.epoch, newer: message.snapshot, now: now)
            }
        case "e":
            if let message = decoded(ErrorAnswer.self, body), let refusal = message.refusal {
                member?.registrationFailed(refusal, now: now)
            }
        case "n":
            if let message = understood(Snapshot.self, body) {
                // A successor reads the snapshot from the disk.
                _ = BalancerCore(epoch: message.epoch.next, cluster: "test", hints: message, seed: 1, now: now)
            }
        default: pass(milliseconds: Int64(kind.value & 0x7F) * 50)
        }
    }

    func checkLaws() {
        let snapshot = balancer.snapshot
        check(snapshot.epoch == Epoch(3) && snapshot.version >= lastVersion, "the version went back")
        check(Set(snapshot.workers.map(\.id)).count == snapshot.workers.count, "an id twice in the registry")
        let addresses = Set(snapshot.workers.map { "\($0.host) \($0.port)" })
        check(addresses.count == snapshot.workers.count, "an address twice in the registry")
        for worker in snapshot.workers {
            check(proven.contains(Self.key(worker)), "a stranger in the registry: \(worker)")
        }
        guard let member else { return }
        check(member.highestEpoch <= .ceiling, "an epoch beyond every epoch was believed")
        let (old, new) = (lastSnapshot, member.snapshot)
        check(new == old || new.supersedes(old), "the worker's snapshot went back")
        check(member.highestEpoch >= lastEpoch, "the worker's epoch went back")
    }

    private mutating func register(_ message: Registration) {
        guard
            case .connectBack(let ticket) = balancer.register(
                message, peer: peer(message.id), isHostCertified: true, now: now)
        else {
            return
        }
        // Every fourth claim is false.
        let isProven = message.incarnation % 4 != 3
        if isProven { proven.insert(Self.key(ticket.record)) }
        _ = balancer.connectBackFinished(ticket, isProven ? .sameNode : .unreachable("nobody"), now: now)
    }

    private mutating func pass(milliseconds: Int64) {
        lastVersion = balancer.snapshot.version
        if let member { (lastSnapshot, lastEpoch) = (member.snapshot, member.highestEpoch) }
        now = now.advanced(byMilliseconds: milliseconds)
        balancer.tick(now: now)
        for case .probe(let record) in balancer.takeEffects() {
            let outcome: ProbeOutcome = record.port % 2 == 0 ? .passed : .failed("too late")
            balancer.probeFinished(record.id, incarnation: record.incarnation, outcome, now: now)
        }
        member?.tick(now: now)
        _ = member?.takeEffects()
    }

    private func peer(_ id: NodeID) -> NodeIdentity? { NodeIdentity(cluster: "test", role: .worker, id: id) }

    private static func key(_ record: WorkerRecord) -> String {
        "\(record.id) \(record.host) \(record.port) \(record.incarnation)"
    }

    private func decoded<Message: Codable>(_ type: Message.Type, _ body: [UInt8]) -> Message? {
        guard let message = JSON.decode(type, from: body) else { return nil }
        let written = JSON.encode(message)
        check(
            JSON.decode(type, from: written).map { JSON.encode($0) } == written, "a message changes when it is written")
        return message
    }

    private func understood<Message: Codable & Equatable>(_ type: Message.Type, _ body: [UInt8]) -> Message? {
        guard let message = decoded(type, body) else { return nil }
        check(JSON.decode(type, from: JSON.encode(message)) == message, "a message is read as another one")
        return message
    }
}
