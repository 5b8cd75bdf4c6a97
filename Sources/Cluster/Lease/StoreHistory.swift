/// The latest state of the store that one process has seen. An outdated member can't mislead it.
///
/// A read with the agreement of a majority never goes back: neither its raft term nor its revision. An answer from before
/// what was seen is the fault of one member: it was cut off, it stood still, or it has lost its data. Such an answer is
/// **stray**: it counts as no answer.
///
/// If every listed member gives a stray answer, and all of them are of one store, the store itself is another one: it was
/// wiped or restored from a backup. Then its history begins anew.
package struct StoreHistory: Sendable, Equatable {
    package enum Judgement: Sendable, Equatable {
        case news
        case stray
        /// The first answer of a store that has replaced the one before.
        case replaced
    }

    /// The number of listed members.
    private let memberCount: Int
    package private(set) var latest: StoreHeader?
    /// The stray answers since the last news, by member.
    private var strays: [Int: StoreHeader] = [:]

    package init(memberCount: Int, latest: StoreHeader? = nil) {
        self.memberCount = memberCount
        self.latest = latest
    }

    /// Judges a read of `member`.
    package mutating func judge(_ header: StoreHeader, from member: Int) -> Judgement {
        if let latest, isBefore(header, latest) {
            strays[member] = header
            let isUnanimous = strays.count >= memberCount && strays.values.allSatisfy { $0.cluster == header.cluster }
            guard isUnanimous else { return .stray }
            strays = [:]
            self.latest = header
            return .replaced
        }
        strays = [:]
        latest = header
        return .news
    }

    /// An answer other than a read may be behind a read of another member. Only its store and its term count.
    package func isStray(_ header: StoreHeader) -> Bool {
        guard let latest else { return false }
        return header.cluster != latest.cluster || header.term < latest.term
    }

    private func isBefore(_ header: StoreHeader, _ other: StoreHeader) -> Bool {
        header.cluster != other.cluster || header.term < other.term || header.revision < other.revision
    }
}
