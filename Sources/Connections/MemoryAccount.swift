private import Synchronization

/// Counts the bytes that a process holds for its clients, over all loops: received from one side and not sent to the
/// other.
///
/// There are three budgets: of the process, of a source, and of a connection. The closer one of them is to its end, the
/// less a connection may hold (`Pressure`). Close to the end of the process's or the source's budget, connections of the
/// sources that hold the most are closed (`MemoryRelief`). The last part of the process's budget is a reserve: only
/// sources that hold little begin requests from it.
///
/// The first bytes of each buffer (`MemoryLedger.free`) are not charged, so a small request needs no accounting. A
/// request head that is still incomplete is not charged either, because `--max-head` bounds it.
package final class MemoryAccount: Sendable {
    /// The used part of a budget.
    package enum Pressure: Int, Comparable, Sendable {
        /// Less than a half.
        case low
        /// A half or more: a buffer holds a quarter of its limit.
        case high
        /// Three quarters or more: a buffer holds a sixteenth, and a connection that holds much gets no new stream.
        case severe
        /// Seven eighths or more: the connections that hold the most are closed.
        case overdrawn

        package static func < (left: Pressure, right: Pressure) -> Bool { left.rawValue < right.rawValue }

        /// - Parameter budget: in bytes, more than 0.
        init(held: Int, of budget: Int) {
            let eighth = budget / 8
            self = held < eighth * 4 ? .low : held < eighth * 6 ? .high : held < eighth * 7 ? .severe : .overdrawn
        }
    }

    /// The budget of one connection. Beyond it only the smallest buffers and the open windows grow.
    package static let connectionBudget = 1 << 20

    /// The budget of the process in bytes.
    package var limit: Int { budget.load(ordering: .relaxed) }
    private let budget: Atomic<Int>
    /// The budget of one source, so that it can't use all memory.
    package var sourceBudget: Int { limit / 2 }
    private let held = Atomic<Int>(0)
    private let sources = Mutex<[SourceKey: SourceMemory]>([:])

    package init(limit: Int) {
        budget = Atomic(limit)
    }

    /// Uses a new budget from now on.
    package func adopt(limit: Int) { budget.store(limit, ordering: .relaxed) }

    /// The bytes held now, in steps of `MemoryLedger.step` for each connection. Callable from any thread.
    package var current: Int { held.load(ordering: .relaxed) }

    var pressure: Pressure { Pressure(held: current, of: limit) }

    /// A worker takes no further request: those that it has may still need the rest of the budget.
    package var refusesRequests: Bool { pressure == .overdrawn }

    /// The budget is exhausted.
    var isFull: Bool { current >= limit }

    /// Only the reserve is left: the last sixteenth of the budget. See `mayBegin`.
    var isTight: Bool {
        let limit = limit
        return current >= limit - limit / 16
    }

    /// Returns whether one more request may begin while the budget `isTight`. Its source has to hold little. When the
    /// budget is exhausted, it has to hold nothing: a small request then costs the account nothing either.
    ///
    /// - Parameter source: the bytes that its source holds.
    func mayBegin(source: Int) -> Bool { isFull ? source == 0 : source < limit / 512 }

    /// The bytes from which a source holds more than its part of an exhausted budget.
    var largeSource: Int { limit / 64 }

    /// The bytes that a source holds.
    func held(by source: SourceKey) -> Int { sources.withLock { $0[source]?.current ?? 0 } }

    /// The bytes that the source with the most holds.
    var mostOfASource: Int { sources.withLock { $0.values.reduce(0) { max($0, $1.current) } } }

    func charge(_ amount: Int) { held.wrappingAdd(amount, ordering: .relaxed) }

    /// The shared count of a source, for one more connection of it. `leave` returns it.
    func join(_ key: SourceKey) -> SourceMemory {
        sources.withLock { all in
            let source = all[key] ?? SourceMemory(key)
            source.connections += 1
            all[key] = source
            return source
        }
    }

    func leave(_ source: SourceMemory) {
        sources.withLock { all in
            source.connections -= 1
            if source.connections == 0 { all[source.key] = nil }
        }
    }

    /// The number of sources that hold something. Callable from any thread.
    var sourceCount: Int { sources.withLock { $0.count } }
}

/// The bytes that all connections of one source hold together.
final class SourceMemory: @unchecked Sendable {
    let key: SourceKey
    /// Protected by the account's lock.
    fileprivate var connections = 0
    private let held = Atomic<Int>(0)

    fileprivate init(_ key: SourceKey) { self.key = key }

    var current: Int { held.load(ordering: .relaxed) }
    func charge(_ amount: Int) { held.wrappingAdd(amount, ordering: .relaxed) }
}
