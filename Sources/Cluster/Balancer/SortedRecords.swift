/// The worker records in the order of succession, kept sorted by insertion.
///
/// If ten thousand workers register one by one, sorting each list would be too slow. Each change is one binary search.
struct SortedRecords: Sendable {
    private(set) var all: [WorkerRecord] = []

    /// Inserts `record`, or replaces the one with the same port, host and id.
    mutating func insert(_ record: WorkerRecord) {
        let position = position(of: record)
        if position < all.count, all[position].id == record.id, all[position].hasAddress(of: record) {
            all[position] = record
        } else {
            all.insert(record, at: position)
        }
    }

    /// Removes the record with the port, host and id of `record`.
    mutating func remove(_ record: WorkerRecord) {
        let position = position(of: record)
        if position < all.count, all[position].id == record.id, all[position].hasAddress(of: record) {
            all.remove(at: position)
        }
    }

    /// The first position whose record does not precede `record`.
    private func position(of record: WorkerRecord) -> Int {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if WorkerRecord.precedes(all[middle], record) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
