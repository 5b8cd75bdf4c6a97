/// The epochs that may be granted without waiting for the disk, in a file of one line:
/// ```
/// 00000000000000000257 6f1e0d2c-3c51-4bb2-8d8e-0f6c9b0c1a11 !
/// ```
/// Only the holder of the lock may write. The rules:
/// - A process reads what an earlier process on the same running host wrote, synced or not. So up to `bound` a grant
///   needs no sync, if the bound itself is on the disk.
/// - After a restart of the host, only synced writes are certain. The next epoch is then above `bound`, and so above
///   every earlier grant.
/// - The mark at the end is written after the sync of the line, and is not synced itself. A process that was killed in
///   between leaves a bound that no process uses. The mark counts for the boot in the line.
/// - An unreadable or malformed line may have reserved any epoch: the last granted epoch is unknown.
struct EpochReservation: Sendable, Equatable {
    /// One of this many grants waits for the disk.
    static let size: UInt64 = 256

    /// No epoch above this one was granted without a sync.
    let bound: Epoch
    /// The boot in which the line was written.
    let boot: String
    /// The line is known to be on the disk.
    let isConfirmed: Bool

    /// Returns whether `epoch` may be granted in `boot` without a sync.
    func covers(_ epoch: Epoch, in boot: String) -> Bool {
        isConfirmed && isOf(boot) && epoch <= bound
    }

    /// Returns whether the line was written in `boot`, so that no later write has been lost.
    func isOf(_ boot: String) -> Bool {
        !boot.isEmpty && self.boot == boot
    }

    // MARK: Text

    init(bound: Epoch, boot: String, isConfirmed: Bool) {
        self.bound = bound
        self.boot = boot
        self.isConfirmed = isConfirmed
    }

    /// Reserves the epochs above `epoch`, which is on the disk already.
    init(above epoch: Epoch, boot: String) {
        self.init(bound: Epoch(min(epoch, .ceiling).value + Self.size), boot: boot, isConfirmed: false)
    }

    /// Fails unless the bytes are a complete line from `bytes`.
    init?(_ bytes: [UInt8]) {
        guard bytes.last == UInt8(ascii: "\n") else { return nil }
        let parts = bytes.dropLast().split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == Self.digits, !parts[1].isEmpty,
            let number = UInt64(String(decoding: parts[0], as: UTF8.self)),
            parts[2] == [Self.confirmed] || parts[2] == [Self.unconfirmed]
        else { return nil }
        self.init(
            bound: min(Epoch(number), .ceiling), boot: String(decoding: parts[1], as: UTF8.self),
            isConfirmed: parts[2] == [Self.confirmed])
    }

    var bytes: [UInt8] {
        let number = Array(String(bound.value).utf8)
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: Self.digits - number.count)
        let mark = isConfirmed ? Self.confirmed : Self.unconfirmed
        return zeros + number + [UInt8(ascii: " ")] + boot.utf8 + [UInt8(ascii: " "), mark, UInt8(ascii: "\n")]
    }

    /// The mark of a synced line, and its offset.
    var confirmation: (mark: [UInt8], offset: Int) { ([Self.confirmed], bytes.count - 2) }

    private static let digits = 20
    private static let confirmed = UInt8(ascii: "!")
    private static let unconfirmed = UInt8(ascii: "?")
}
