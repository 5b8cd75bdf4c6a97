private import Glibc
package import Logging
package import Sockets
package import Storage
package import Telemetry

/// Notices renewed certificates of a node and triggers a reload.
///
/// It checks the files every ten seconds, and waits until they have not changed for one more such time, because a
/// renewal writes several files. `readNow` (SIGHUP) does not wait. Unusable files are reported and change nothing else:
/// the previous ones stay in use, and the next change triggers another attempt.
///
/// It belongs to one loop. The disk thread reads the files.
package final class CertificateWatch {
    /// Runs on the disk thread: reads the files, and returns the step that uses them on the loop. Throws if they can't be used.
    package typealias Reading = @Sendable () throws(CommandError) -> LoopBound<() -> Void>

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
    private let disk: DiskThread
    private let files: [String]
    private let warnings: () -> @Sendable () -> [String]
    private let makeReading: () -> Reading
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
    ///   - warnings: called on the loop. Its result runs on the disk thread, and returns a line about each certificate that was
    ///     not renewed in time. This happens at the start, after each reload, and once a day.
    ///   - makeReading: called on the loop.
    package init(
        loop: EventLoop, disk: DiskThread, files: [String], log: Logger, periodMilliseconds: Int? = nil,
        now: (() -> UInt64)? = nil, warnings: @escaping () -> @Sendable () -> [String],
        makeReading: @escaping () -> Reading
    ) {
        self.loop = loop
        self.disk = disk
        self.files = files
        self.warnings = warnings
        self.log = log
        self.makeReading = makeReading
        self.periodMilliseconds = periodMilliseconds ?? CertificateWatch.periodMilliseconds
        read = CertificateWatch.stamps(of: files)
        seen = read
        self.now = now ?? { [unowned loop] in loop.now }
        remindedAt = self.now()
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in look() }
        timer.set(afterMilliseconds: self.periodMilliseconds)
        // The loop does not run yet.
        report(warnings()())
    }

    /// Reads the files, whether they have changed or not.
    ///
    /// - Parameter completion: called once, in the turn in which the certificates are used. With an error the certificates so
    ///   far stay in use.
    package func readNow(then completion: @escaping (CommandError?) -> Void = { _ in }) {
        let reading = makeReading()
        let read = { @Sendable [files] in (CertificateWatch.stamps(of: files), Result(catching: reading)) }
        disk.run(on: loop, read) { [weak self] stamps, result in
            guard let self else { return }
            (self.read, seen) = (stamps, stamps)
            switch result {
            case .success(let use):
                use.value()
                log.notice("certificates have been read again")
                remind()
                completion(nil)
            case .failure(let error):
                log.error("certificates can't be read, the previous ones stay in use: \(error)")
                completion(error)
            }
        }
    }

    /// The next look begins after the end of this one, however slow the disk is.
    private func look() {
        disk.run(
            on: loop, { [files] in CertificateWatch.stamps(of: files) }, then: { [weak self] in self?.compare($0) })
    }

    private func compare(_ present: [Stamp]) {
        timer.set(afterMilliseconds: periodMilliseconds)
        let isSettled = present == seen
        seen = present
        if present != read && isSettled { readNow() }
        if now() - remindedAt >= CertificateWatch.reminderNanoseconds { remind() }
    }

    private func remind() {
        remindedAt = now()
        disk.run(on: loop, warnings()) { [weak self] in self?.report($0) }
    }

    private func report(_ lines: [String]) {
        for line in lines { log.warning("\(line)") }
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
