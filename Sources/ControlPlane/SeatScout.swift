package import Cluster
package import Connections
internal import HTTP
package import Sockets

/// Asks at seats who reigns there, each over a connection for this one question, all at the same time.
package final class SeatScout {
    private let loop: EventLoop
    private let provider: TransportProvider
    private let endpoint: (Seat) -> UpstreamEndpoint?
    /// Questions under way, one to a seat.
    private var asked: [Seat: KeptCaller] = [:]
    /// Called with what a seat answers, if it is asked of a balancer that reigns.
    package var onAnswer: (Seat, Epoch) -> Void = { _, _ in }
    /// Called when no question is under way any more.
    package var onEnd: () -> Void = {}

    /// - Parameter endpoint: where a seat is; nil for one that is no address.
    package init(loop: EventLoop, provider: TransportProvider, endpoint: @escaping (Seat) -> UpstreamEndpoint?) {
        self.loop = loop
        self.provider = provider
        self.endpoint = endpoint
    }

    package func ask(_ seats: [Seat], _ scouting: Scouting, timeoutMilliseconds: Int) {
        for seat in seats where asked[seat] == nil {
            guard let endpoint = endpoint(seat) else { continue }
            let caller = KeptCaller(loop: loop, endpoint: endpoint, provider: provider)
            asked[seat] = caller
            caller.ask(
                .post, ClusterPaths.scout, body: JSON.encode(scouting), timeoutMilliseconds: timeoutMilliseconds
            ) { [unowned self] result in
                caller.close()
                asked[seat] = nil
                // As a rule nobody listens there.
                if case .success(let reply) = result, reply.status == 200,
                    let answer = JSON.decode(Acknowledgement.self, from: reply.body)
                {
                    onAnswer(seat, answer.epoch)
                }
                if asked.isEmpty { onEnd() }
            }
        }
    }

    /// Whether no question is under way.
    package var isIdle: Bool { asked.isEmpty }

    package func stop() {
        for caller in asked.values { caller.close() }
        asked = [:]
    }
}
