internal import Sockets

/// Closes connections of one loop, while the process or their source is close to the end of its memory budget.
///
/// Rules:
/// - Only the sources that hold the most lose connections. Many small connections of a source are as much as a large one.
///   So the number of an attacker's connections doesn't matter, and a source that holds little loses none.
/// - Of their connections the largest closes first. A connection with progress counts for an eighth of its bytes, so one
///   without progress closes before it.
/// - A connection of which the account knows nothing is never closed.
/// - A turn of the loop closes a few only, because each takes time and other sources wait.
/// - Relief begins at seven eighths of a budget and ends below three quarters.
final class MemoryRelief {
    /// The most connections that close in one turn.
    private static let closedInTurn = 8
    private static let pauseMilliseconds = 2
    /// The time until the next look, while connections of other loops have to close first.
    private static let waitMilliseconds = 10
    /// A connection without progress for this time is idle.
    private static let idleNanoseconds: UInt64 = 1_000_000_000

    private let timer: LoopTimer
    private let loop: EventLoop
    private let account: MemoryAccount
    /// The connections to choose from.
    private let candidates: () -> [ServerConnection]

    init(on loop: EventLoop, account: MemoryAccount, candidates: @escaping () -> [ServerConnection]) {
        self.loop = loop
        self.account = account
        self.candidates = candidates
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in relieve() }
    }

    /// Starts the relief in a later call, never inside the present one.
    ///
    /// - Returns: false if it was due already.
    func begin() -> Bool {
        guard !timer.isSet else { return false }
        timer.set(afterMilliseconds: 1)
        return true
    }

    private func relieve() {
        var holders: [(connection: ServerConnection, ledger: MemoryLedger, weight: Int)] = []
        let most = account.mostOfASource
        var areOthersFirst = false
        for connection in candidates() {
            guard let ledger = connection.ownLedger, ledger.isCharged, ledger.sharedPressure >= .severe else {
                continue
            }
            guard ledger.isOfGreatSource(most: most) else {
                areOthersFirst = true
                continue
            }
            let isIdle = loop.now &- connection.listing.progress.movedAt >= MemoryRelief.idleNanoseconds
            holders.append((connection, ledger, isIdle ? ledger.held : ledger.held / 8))
        }
        holders.sort { $0.weight > $1.weight }
        var closed = 0
        for holder in holders where holder.ledger.sharedPressure >= .severe {
            guard closed < MemoryRelief.closedInTurn else {
                return timer.set(afterMilliseconds: MemoryRelief.pauseMilliseconds)
            }
            holder.connection.shed(for: .memory)
            closed += 1
        }
        if areOthersFirst, account.pressure >= .severe { timer.set(afterMilliseconds: MemoryRelief.waitMilliseconds) }
    }
}
