private import Glibc
package import Logging
package import Sockets
package import Telemetry

/// Notices renewed certificates of a node and triggers a reload.
///
/// It checks the files every ten seconds, and waits until they have not changed for one more such time, because a
/// renewal writes several files. `readNow` (SIGHUP) does not wait. Unusable files are reported and change nothing else:
/// the previous ones stay in use, and the next change triggers another attempt. It belongs to one loop.
package final class CertificateWatch {
    private static let periodMilliseconds = 10_000
    /// The interval of reminders about a certificate that was not renewed.
    private static let reminderNanoseconds: UInt64 = 86_400 * 1_000_000_000

    /// Identifies a version of a file; all zero if there is no file.
    private struct Stamp: Equatable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        var size: Int64 = 0
        var seconds: Int = 0
        var nanoseconds: Int = 0
    }

    private let loop: EventLoop
    private let files: [String]
    private let warnings: () -> [String]
    private let reload: () throws(CommandError) -> Void
    private let log: Logger
    private let timer: LoopTimer
    private let periodMilliseconds: Int
    private let now: () -> UInt64
    /// The versions of the last reload, successful or not.
    private var read: [Stamp]
    /// The versions at the last check.
    private var seen: [Stamp]
    private var remindedAt: UInt64

    /// - Parameters:
    ///   - files: the files to check, whether they exist or not.
    ///   - periodMilliseconds: the interval of the checks; nil for ten seconds.
    ///   - now: the time in nanoseconds, from any start; nil for the loop's.
    ///   - warnings: a line about each certificate that was not renewed in time; read at the start, after each reload, and
    ///     once a day.
    ///   - reload: reads the files and uses them, or throws and changes nothing.
    package init(
        loop: EventLoop, files: [String], log: Logger, periodMilliseconds: Int? = nil,
        now: (() -> UInt64)? = nil, warnings: @escaping () -> [String],
        reload: @escaping () throws(CommandError) -> Void
    ) {
        self.loop = loop
        self.files = files
        self.warnings = warnings
        self.log = log
        self.reload = reload
        self.periodMilliseconds = periodMilliseconds ?? CertificateWatch.periodMilliseconds
        read = CertificateWatch.stamps(of: files)
        seen = read
        self.now = now ?? { [unowned loop] in loop.now }
        remindedAt = self.now()
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in look() }
        timer.set(afterMilliseconds: self.periodMilliseconds)
        remind()
    }

    /// Reads the files, whether they have changed or not.
    ///
    /// - Returns: false if the files can't be used. Then the certificates so far stay in use.
    @discardableResult package func readNow() -> Bool { (try? readOrThrow()) != nil }

    /// Reads the files, whether they have changed or not. Throws if they can't be used.
    package func readOrThrow() throws(CommandError) {
        read = CertificateWatch.stamps(of: files)
        seen = read
        do throws(CommandError) {
            try reload()
        } catch {
            log.error("certificates can't be read, the previous ones stay in use: \(error)")
            throw error
        }
        log.notice("certificates have been read again")
        remind()
    }

    private func look() {
        timer.set(afterMilliseconds: periodMilliseconds)
        let now = CertificateWatch.stamps(of: files)
        let isSettled = now == seen
        seen = now
        if now != read && isSettled { readNow() }
        if self.now() - remindedAt >= CertificateWatch.reminderNanoseconds { remind() }
    }

    private func remind() {
        remindedAt = now()
        for line in warnings() { log.warning("\(line)") }
    }

    private static func stamps(of files: [String]) -> [Stamp] {
        files.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return Stamp() }
            return Stamp(
                device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
                seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        }
    }
}
