internal import Cluster
internal import Connections
internal import ControlPlane
internal import Sockets

/// What a balancer that is started by hand does first, where workers of other hosts may have brought one back meanwhile:
/// it asks at their hosts, and ends when one reigns there. It would be superseded as soon as a worker has found both, and
/// until then clients would come to either.
///
/// It asks once and waits a second at most. Who does not answer keeps nobody from starting.
final class FirstLook {
    private static let limitMilliseconds = 1000

    private let scout: SeatScout
    private let known: Epoch
    private var found: (seat: Seat, epoch: Epoch)?

    /// - Parameters:
    ///   - known: the highest epoch that this host has met; a balancer below it is a past one.
    ///   - then: called once, with what reigns elsewhere, if anything does.
    init(
        node: BalancerNode, seats: [Seat], known: Epoch, then completion: @escaping ((Seat, Epoch)?) -> Void
    ) {
        self.known = known
        let expectation = node.certificates.uriPrefix(of: .balancer).map { PeerExpectation.prefix($0) } ?? .anybody
        scout = SeatScout(loop: node.loop, provider: node.clusterProvider) { seat in
            SocketAddress(host: seat.host, port: seat.port).map {
                UpstreamEndpoint(address: $0, host: seat.host, expectation: expectation)
            }
        }
        scout.onAnswer = { [unowned self] seat, epoch in
            if epoch >= self.known, epoch >= found?.epoch ?? .none { found = (seat, epoch) }
        }
        scout.onEnd = { [unowned self] in completion(found.map { ($0.seat, $0.epoch) }) }
        // No epoch is shown: whoever only asks supersedes nobody.
        scout.ask(seats, Scouting(epochSeen: .none), timeoutMilliseconds: FirstLook.limitMilliseconds)
        if scout.isIdle { completion(nil) }
    }
}

extension BalancerNode {
    /// Started by hand: reigns, at once where nobody of another host could do so.
    func lookFirst() throws(CommandError) {
        let latest = snapshots.latest() ?? .empty
        let seats = home.map { latest.seats(outside: $0, port: configuration.clusterPort) } ?? []
        guard !seats.isEmpty else {
            try startReign()
            return
        }
        firstLook = FirstLook(node: self, seats: seats, known: latest.epoch) { [unowned self] found in
            if let (seat, epoch) = found {
                CommandError.failure(
                    "a balancer of this cluster reigns at \(seat.host) (epoch \(epoch.value)): stop that one and the workers of its host first, or let this host's workers join it"
                ).exitProcess(of: "balancer")
            }
            do throws(CommandError) { try startReign() } catch { error.exitProcess(of: "balancer") }
        }
    }
}
