private import Glibc
package import Logging
package import Sockets

/// Notices that a node's certificates have been renewed, and has them read again.
///
/// Looks at the files every ten seconds, and waits until they have not changed for one such time: whoever renews writes
/// several, one after another. `readNow` (SIGHUP) waits for nothing. Files that can't be used are reported and change
/// nothing else: what was read before stays in use, and the next change is tried again. Belongs to one loop.
package final class CertificateWatch {
    private static let periodMilliseconds = 10_000
    /// Between two reminders that a certificate has not been renewed.
    private static let reminderNanoseconds: UInt64 = 86_400 * 1_000_000_000

    /// Tells one state of a file from another; all zero when there is none.
    private struct Stamp: Equatable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        var size: Int64 = 0
        var seconds: Int = 0
        var nanoseconds: Int = 0
    }

    private let loop: EventLoop
    private let files: [String]
    private let warning: () -> String?
    private let reload: () throws(CommandError) -> Void
    private let log: Logger
    private let timer: LoopTimer
    private let periodMilliseconds: Int
    /// What was read last, with or without success.
    private var read: [Stamp]
    /// What the last look has seen.
    private var seen: [Stamp]
    private var remindedAt: UInt64

    /// - Parameters:
    ///   - files: what is read, whether it is there or not.
    ///   - periodMilliseconds: between two looks; nil for ten seconds.
    ///   - warning: a line about a certificate that has not been renewed in time; asked for once a day.
    ///   - reload: reads the files and goes on with what is in them, or throws and changes nothing.
    package init(
        loop: EventLoop, files: [String], log: Logger, periodMilliseconds: Int? = nil, warning: @escaping () -> String?,
        reload: @escaping () throws(CommandError) -> Void
    ) {
        self.loop = loop
        self.files = files
        self.warning = warning
        self.log = log
        self.reload = reload
        self.periodMilliseconds = periodMilliseconds ?? CertificateWatch.periodMilliseconds
        read = CertificateWatch.stamps(of: files)
        seen = read
        remindedAt = loop.now
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in look() }
        timer.set(afterMilliseconds: self.periodMilliseconds)
        remind()
    }

    /// Reads the files whether they have changed or not.
    package func readNow() {
        read = CertificateWatch.stamps(of: files)
        seen = read
        do throws(CommandError) {
            try reload()
            log.notice("certificates have been read again")
            remind()
        } catch {
            log.error("certificates can't be read again, those read before stay in use: \(error)")
        }
    }

    private func look() {
        timer.set(afterMilliseconds: periodMilliseconds)
        let now = CertificateWatch.stamps(of: files)
        let isSettled = now == seen
        seen = now
        if now != read && isSettled { readNow() }
        if loop.now - remindedAt >= CertificateWatch.reminderNanoseconds { remind() }
    }

    private func remind() {
        remindedAt = loop.now
        if let line = warning() { log.warning("\(line)") }
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
