internal import Sockets

/// Counts the bytes that one connection holds for its client, in all its buffers and in those of its requests. It
/// charges them to the account of the process and to its source.
///
/// The owners of buffers report each change with `change(by:)`. The ledger reports to the account in steps, so most
/// changes touch no memory that threads share. It belongs to one loop.
package final class MemoryLedger {
    /// The largest difference between a connection's bytes and the account.
    package static let step = 16 << 10
    /// The free bytes of each buffer: the buffers of a small request.
    package static let free = 4 << 10
    /// A connection that holds less may begin a request whatever its source holds, up to the process's reserve.
    package static let smallHolder = 64 << 10

    private let account: MemoryAccount
    private let source: SourceMemory?
    private unowned let server: Server
    /// The connection.
    weak var owner: EventSource?
    /// The bytes held now.
    package private(set) var held = 0
    private var charged = 0
    private var isClosed = false

    /// - Parameter source: nil for a client without one.
    package init(account: MemoryAccount, source: SourceKey?, server: Server) {
        self.account = account
        self.source = source.map { account.join($0) }
        self.server = server
    }

    /// A buffer has grown or, with a negative number, shrunk.
    package func change(by amount: Int) {
        held += amount
        let difference = held - charged
        if difference >= MemoryLedger.step || difference <= -MemoryLedger.step { settle() }
    }

    private func settle() {
        guard !isClosed else { return }
        let difference = held - charged
        charged = held
        account.charge(difference)
        source?.charge(difference)
        guard difference > 0, sharedPressure == .overdrawn else { return }
        server.relieve()
        // The connection checks itself at the end of the turn, because relief may come too late.
        if isExcessive, let owner { server.loop.callAtEndOfTurn(owner) }
    }

    /// The connection has closed. Later changes of its requests are ignored.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        account.charge(-charged)
        source?.charge(-charged)
        charged = 0
        if let source { account.leave(source) }
    }

    /// The pressure of the process and of the source.
    package var sharedPressure: MemoryAccount.Pressure {
        let ofProcess = account.pressure
        guard let source else { return ofProcess }
        return max(ofProcess, MemoryAccount.Pressure(held: source.current, of: account.sourceBudget))
    }

    /// A budget is exhausted, and this connection holds a large part of it. Of a source that holds much, each connection
    /// that the account knows of is such a part. Otherwise many small connections would hold the budget together.
    var isExcessive: Bool {
        guard held >= MemoryLedger.step else { return false }
        let ofSource = source?.current ?? 0
        guard account.isFull || (source != nil && ofSource >= account.sourceBudget) else { return false }
        return held >= MemoryLedger.smallHolder || ofSource >= account.largeSource
    }

    /// The account knows of bytes of this connection, so its close would free some.
    var isCharged: Bool { charged > 0 }

    /// Relief may close the connection: its source is one of those that hold the most, or near the end of its own budget.
    ///
    /// - Parameter most: what the source with the most holds.
    func isOfGreatSource(most: Int) -> Bool {
        // The other side of a shared connection judges the sources. Here only a large stream closes.
        guard let source else { return held >= MemoryLedger.smallHolder }
        let held = source.current
        return held >= most - most / 8 || MemoryAccount.Pressure(held: held, of: account.sourceBudget) >= .severe
    }

    /// The bytes that the source holds; nil without a source.
    var heldBySource: Int? { source?.current }

    /// The pressure of all three budgets.
    package var pressure: MemoryAccount.Pressure {
        max(sharedPressure, MemoryAccount.Pressure(held: held, of: MemoryAccount.connectionBudget))
    }

    /// The connection may begin one more request. It may not if memory is scarce and it holds much.
    var takesRequests: Bool { held < MemoryLedger.smallHolder || sharedPressure < .severe }

    /// The most bytes that a buffer may hold now.
    ///
    /// - Parameter limit: its limit without pressure.
    package func bound(_ limit: Int) -> Int { MemoryLedger.bound(limit, under: pressure) }

    static func bound(_ limit: Int, under pressure: MemoryAccount.Pressure) -> Int {
        switch pressure {
        case .low: limit
        case .high: max(min(limit, MemoryLedger.free), limit / 4)
        case .severe, .overdrawn: max(min(limit, MemoryLedger.free), limit / 16)
        }
    }

    /// The free bytes of a head. Few requests have a larger one, and it takes a client few bytes to repeat it.
    private static let freeHead = 2 << 10

    /// The charged part of a head's memory, while the head is held.
    package static func charge(head capacity: Int) -> Int { max(0, capacity - freeHead) }

    /// The charged part of a buffer's memory.
    package static func charge(_ capacity: Int) -> Int { max(0, capacity - free) }
}
