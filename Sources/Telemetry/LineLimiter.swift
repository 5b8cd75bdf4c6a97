/// Decides which lines about peers are written: a few for each peer and reason in a time window. It counts the others.
/// So no peer can fill a log or hide important lines in it. The last written line before a gap announces the gap.
///
/// It has no clock. The owner ends the window every `windowSeconds` and writes the summaries.
struct LineLimiter {
    /// The peer of a line, and the reason for the line.
    struct Key: Hashable {
        let peer: String
        let reason: String
        /// One line in a window says everything. No summary follows.
        var isSaidOnce = false
    }

    /// The example line that a summary shows.
    struct Example {
        let level: String
        let label: String
        let message: String
    }

    enum Verdict: Equatable {
        case write
        /// Write the line, and say that the next lines of this peer and reason are counted only.
        case writeLastOfKey
        /// Write the line, and say that the next lines about all peers are counted only.
        case writeLastOfAll
        case count

        var isWritten: Bool { self != .count }
    }

    struct Summary {
        let peer: String
        let example: Example
        let count: Int
    }

    private struct Tally {
        var lines = 0
        var suppressed = 0
        var example: Example?
    }

    static let windowSeconds = 60
    /// The most lines of one peer and reason in a window. They suffice to see a pattern.
    static let linesPerKey = 10
    /// The most summaries of one window. The others share one line.
    static let maximumSummaries = 50
    /// The name for all peers beyond `maximumKeys`.
    static let others = "others"

    private let maximumKeys: Int
    private let maximumLines: Int
    private var tallies: [Key: Tally] = [:]
    private var lines = 0

    /// - Parameters:
    ///   - maximumKeys: the most pairs of peer and reason with a count of their own. The table has at most twice as
    ///     many entries.
    ///   - maximumLines: the most lines in a window, for all peers together.
    init(maximumKeys: Int, maximumLines: Int) {
        self.maximumKeys = maximumKeys
        self.maximumLines = maximumLines
    }

    /// There was no line in this window.
    var isIdle: Bool { tallies.isEmpty }

    /// Counts a line and returns whether to write it.
    mutating func admit(_ key: Key, example: @autoclosure () -> Example) -> Verdict {
        let isKnown = tallies[key] != nil || tallies.count < maximumKeys
        let key = isKnown ? key : Key(peer: LineLimiter.others, reason: key.reason, isSaidOnce: key.isSaidOnce)
        var tally = tallies[key] ?? Tally()
        defer { tallies[key] = tally }
        guard tally.lines < (key.isSaidOnce ? 1 : LineLimiter.linesPerKey), lines < maximumLines else {
            tally.suppressed += 1
            if tally.example == nil, !key.isSaidOnce { tally.example = example() }
            return .count
        }
        tally.lines += 1
        lines += 1
        if lines == maximumLines { return .writeLastOfAll }
        return tally.lines == LineLimiter.linesPerKey ? .writeLastOfKey : .write
    }

    /// Ends the window and begins the next one.
    ///
    /// - Returns: the suppressed lines, the most frequent first.
    mutating func endWindow() -> [Summary] {
        defer {
            tallies.removeAll()
            lines = 0
        }
        var summaries = tallies.compactMap { key, tally in
            tally.example.map { Summary(peer: key.peer, example: $0, count: tally.suppressed) }
        }
        summaries.sort { ($0.count, $1.peer) > ($1.count, $0.peer) }
        guard summaries.count > LineLimiter.maximumSummaries else { return summaries }
        let rest = summaries[(LineLimiter.maximumSummaries - 1)...]
        let last = Summary(
            peer: LineLimiter.others, example: rest[rest.startIndex].example, count: rest.reduce(0) { $0 + $1.count })
        return summaries[..<(LineLimiter.maximumSummaries - 1)] + [last]
    }
}
