/// The epochs that may be granted without waiting for the disk, in a file of one line:
/// ```
/// 00000000000000000257 6f1e0d2c-3c51-4bb2-8d8e-0f6c9b0c1a11 !
/// ```
/// The laws, only the holder of the lock being allowed to write:
/// - What a process wrote, the next one on the same running host reads, synced or not. So up to `bound` a grant need
///   not be synced, as long as the bound itself is on the disk.
/// - After the host has been started anew only what was synced is sure to be left: then the next epoch is above
///   `bound`, and so above everything that was granted before.
/// - The mark at the end is written once the line has been synced, never before, and not synced itself: a process that
///   was killed in between leaves a bound that nobody builds upon. It counts for the boot that the line names.
/// - A line that is there and can't be read or understood may have reserved anything: nobody knows what was granted.
struct EpochReservation: Sendable, Equatable {
    /// One grant in so many waits for the disk.
    static let size: UInt64 = 256

    /// No epoch above was granted without a sync.
    let bound: Epoch
    /// The name of the boot in which the line was written.
    let boot: String
    /// The line is known to be on the disk.
    let isConfirmed: Bool

    /// Whether `epoch` may be granted in `boot` without a sync.
    func covers(_ epoch: Epoch, in boot: String) -> Bool {
        isConfirmed && isOf(boot) && epoch <= bound
    }

    /// Whether it was made in `boot`, so that nothing that was written since has been lost.
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

    /// Nil unless it is a whole line, as `bytes` writes it.
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

    /// The mark that a synced line gets, and where.
    var confirmation: (mark: [UInt8], offset: Int) { ([Self.confirmed], bytes.count - 2) }

    private static let digits = 20
    private static let confirmed = UInt8(ascii: "!")
    private static let unconfirmed = UInt8(ascii: "?")
}
