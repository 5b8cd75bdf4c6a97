/// Decides when and where a balancer asks whether a later one reigns.
///
/// Claims of peers start the questions, and a claim costs its peer one small request. So the number of questions does
/// not depend on the number of claims: there is one round each `intervalMilliseconds`, with at most `addressesInRound`
/// addresses. A claim between two rounds starts the next round. All addresses have their turn, so false ones only delay
/// the others.
struct ReignInquiry: Sendable {
    static let addressesInRound = 4
    private static let noticeMilliseconds: Int64 = 60_000

    private let port: UInt16
    private let intervalMilliseconds: Int64
    /// Hosts of other lock domains whose workers have been members.
    private var known: [BalancerAddress] = []
    /// Addresses that peers have named, one for each peer, the latest last.
    private var claimed: [(claimant: NodeID?, address: BalancerAddress)] = []
    /// The start of the next round in the list of all addresses.
    private var turn = 0
    private var isPending = false
    private var notBefore: Instant
    private var nextNotice: Instant

    init(port: UInt16, intervalMilliseconds: Int64, now: Instant) {
        self.port = port
        self.intervalMilliseconds = intervalMilliseconds
        notBefore = now
        nextNotice = now
    }

    /// The time of the next round; nil without a claim.
    var deadline: Instant? { isPending ? notBefore : nil }

    /// A worker on `host` may start a successor there.
    mutating func remember(host: String) {
        let address = BalancerAddress(host: host, port: port)
        guard !known.contains(address) else { return }
        if known.count == BalancerAddress.maximumCount { known.removeFirst() }
        known.append(address)
    }

    /// Records a claim. Returns true if it deserves a log line: once a minute.
    mutating func hear(at address: BalancerAddress?, from claimant: NodeID?, now: Instant) -> Bool {
        isPending = true
        if let address, !claimed.contains(where: { $0.claimant == claimant && $0.address == address }) {
            claimed.removeAll { $0.claimant == claimant }
            if claimed.count == BalancerAddress.maximumCount { claimed.removeFirst() }
            claimed.append((claimant, address))
        }
        guard now >= nextNotice else { return false }
        nextNotice = now.advanced(byMilliseconds: Self.noticeMilliseconds)
        return true
    }

    /// The addresses of the next round, if it is due; there may be none.
    mutating func take(now: Instant) -> [BalancerAddress]? {
        guard isPending, now >= notBefore else { return nil }
        isPending = false
        notBefore = now.advanced(byMilliseconds: intervalMilliseconds)
        var addresses: [BalancerAddress] = []
        for address in claimed.map(\.address).reversed() + known where !addresses.contains(address) {
            addresses.append(address)
        }
        guard addresses.count > Self.addressesInRound else { return addresses }
        let begin = turn % addresses.count
        turn = begin + Self.addressesInRound
        return (0..<Self.addressesInRound).map { addresses[(begin + $0) % addresses.count] }
    }
}
