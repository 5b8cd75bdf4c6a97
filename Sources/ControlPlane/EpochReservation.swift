internal import Cluster
private import Glibc
internal import Sockets

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
struct EpochReservation: Sendable, Equatable {
    /// One grant in so many waits for the disk.
    static let size: UInt64 = 256

    /// No epoch above was granted without a sync.
    var bound = Epoch.none
    /// The kernel's name of the boot in which the line was written.
    var boot = ""
    /// The line is known to be on the disk.
    var isConfirmed = false

    var isOfThisBoot: Bool { !boot.isEmpty && boot == EpochReservation.presentBoot }

    /// Whether `epoch` may be granted without a sync.
    func covers(_ epoch: Epoch) -> Bool {
        isConfirmed && isOfThisBoot && epoch <= bound
    }

    // MARK: Text

    /// What can't be understood reserves nothing; what can be read of the bound counts all the same.
    init(text: String) {
        let parts = text.split(separator: "\n").first?.split(separator: " ") ?? []
        guard let number = parts.first.flatMap({ UInt64($0) }) else { return }
        bound = min(Epoch(number), .ceiling)
        guard parts.count == 3 else { return }
        boot = String(parts[1])
        isConfirmed = parts[2] == EpochReservation.mark
    }

    init(bound: Epoch, boot: String, isConfirmed: Bool) {
        self.bound = bound
        self.boot = boot
        self.isConfirmed = isConfirmed
    }

    var text: String {
        let digits = String(bound.value)
        let zeros = String(repeating: "0", count: 20 - digits.utf8.count)
        return "\(zeros)\(digits) \(boot) \(isConfirmed ? EpochReservation.mark : "?")\n"
    }

    private static let mark: Substring = "!"

    /// What the kernel calls the present boot of this host; empty when it does not tell, and then every grant is synced.
    static let presentBoot: String = {
        let text = String(decoding: DurableFile.read("/proc/sys/kernel/random/boot_id") ?? [], as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }()

    // MARK: The file

    static func read(_ path: String) -> EpochReservation {
        EpochReservation(text: String(decoding: DurableFile.read(path) ?? [], as: UTF8.self))
    }

    /// Reserves the epochs above `epoch`, which is on the disk already.
    static func make(above epoch: Epoch, in path: String) throws(SystemError) {
        guard !presentBoot.isEmpty else { return }
        let bound = Epoch(min(epoch, .ceiling).value + size)
        var reservation = EpochReservation(bound: bound, boot: presentBoot, isConfirmed: false)
        try DurableFile.write(Array(reservation.text.utf8), to: path)
        reservation.isConfirmed = true
        let file = FileDescriptor(owning: try SystemError.check("open", open(path, O_WRONLY | O_CLOEXEC)))
        let bytes = Array(reservation.text.utf8)
        guard pwrite(file.rawValue, bytes, bytes.count, 0) == bytes.count else { throw SystemError("write") }
    }
}
