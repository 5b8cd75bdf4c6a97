internal import Cluster
internal import Storage

/// The JSON of worker lists. Each record is encoded once, not once for each receiver.
///
/// While a thousand workers join, each makes a new version, and all of them request it. Encoding every version
/// completely would take the control loop a minute.
struct WorkerListText {
    private struct Known {
        let record: WorkerRecord
        let text: [UInt8]
    }

    private static let gap = Array(#""workers":["#.utf8)

    private var known: [NodeID: Known] = [:]
    /// The complete list of this version.
    private var version: (epoch: Epoch, version: UInt64)?
    private var text: [UInt8] = []

    /// The JSON of an answer with `snapshot`.
    ///
    /// - Parameter answer: makes the answer around a snapshot without workers. This function inserts the workers.
    mutating func encode(_ snapshot: Snapshot, in answer: (Snapshot) -> some Encodable) -> [UInt8] {
        var empty = snapshot
        empty.workers = []
        let frame = JSON.encode(answer(empty))
        // A quote inside of a string is escaped, so this is the snapshot's own list.
        guard let gap = WorkerListText.end(ofLast: WorkerListText.gap, in: frame) else { return frame }
        update(to: snapshot)
        var whole: [UInt8] = []
        whole.reserveCapacity(frame.count + text.count)
        whole += frame[..<gap]
        whole += text
        whole += frame[gap...]
        return whole
    }

    private mutating func update(to snapshot: Snapshot) {
        if let version, version == (snapshot.epoch, snapshot.version) { return }
        version = (snapshot.epoch, snapshot.version)
        text.removeAll(keepingCapacity: true)
        for record in snapshot.workers {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text += self.text(of: record)
        }
        if known.count > 2 * snapshot.workers.count + 64 { forgetOthers(than: snapshot) }
    }

    private mutating func text(of record: WorkerRecord) -> [UInt8] {
        if let known = known[record.id], known.record == record { return known.text }
        let text = JSON.encode(record)
        known[record.id] = Known(record: record, text: text)
        return text
    }

    private mutating func forgetOthers(than snapshot: Snapshot) {
        let present = Set(snapshot.workers.map(\.id))
        known = known.filter { present.contains($0.key) }
    }

    /// The position after the last occurrence of `needle`.
    private static func end(ofLast needle: [UInt8], in text: [UInt8]) -> Int? {
        var start = text.count - needle.count
        while start >= 0 {
            if text[start] == needle[0], text[start..<start + needle.count].elementsEqual(needle) {
                return start + needle.count
            }
            start -= 1
        }
        return nil
    }
}
