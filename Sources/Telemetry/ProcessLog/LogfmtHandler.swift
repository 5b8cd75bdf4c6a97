private import Glibc
package import Logging
package import Sockets

/// Formats log lines as `time level part message key=value ...` for the process log.
///
/// Text from a peer can't end a line or hide its end (`VisibleText`). A line with `peer` is about the other end of a
/// connection. Such lines are limited by peer and by their place in the code (`LineLimiter`).
package struct LogfmtHandler: LogHandler {
    /// The most bytes of a message and of a value. Only paths may be that long.
    private static let maximumMessage = 2048
    private static let maximumValue = 1024
    private static let maximumExample = 256

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String

    package init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    /// Installs this handler for every logger of the process.
    ///
    /// - Parameter directory: the directory whose `balancer.log` is rotated if it is standard error; nil for none.
    package static func install(level: Logger.Level, directory: SafeDirectory? = nil) {
        ProcessLog.open(rotation: directory.flatMap { LogRotation(in: $0) })
        LoggingSystem.bootstrap { LogfmtHandler(label: $0, level: level) }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        guard let log = ProcessLog.shared else { return }
        var pairs = metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let subject = LogfmtHandler.takeSubject(from: &pairs, of: event) {
            let example = LineLimiter.Example(
                level: event.level.rawValue, label: label,
                message: VisibleText.escaped("\(event.message)", limit: LogfmtHandler.maximumExample))
            switch log.admit(subject, example: example) {
            case .write: break
            case .writeLastOfKey: pairs["limit"] = "more lines like this are only counted"
            case .writeLastOfAll: pairs["limit"] = "more lines about peers are only counted"
            case .count: return
            }
        }
        let sorted = pairs.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        log.write(LogfmtHandler.line(event.level.rawValue, label, "\(event.message)", sorted))
    }

    /// A whole line, with its newline.
    static func line(_ level: String, _ label: String, _ message: String, _ pairs: [(String, String)]) -> [UInt8] {
        var line = "\(timestamp()) \(level) \(label) \(VisibleText.escaped(message, limit: maximumMessage))"
        for (key, value) in pairs { line += " \(key)=\(VisibleText.value(value, limit: maximumValue))" }
        return Array("\(line)\n".utf8)
    }

    private static func takeSubject(from pairs: inout Logger.Metadata, of event: LogEvent) -> ProcessLog.Subject? {
        if let member = pairs.removeValue(forKey: Logger.memberKey) { return .member("\(member)") }
        // A peer controls the text of a line, but not its place in the code.
        let place = "\(event.file):\(event.line)"
        if let stranger = pairs.removeValue(forKey: Logger.strangerKey) {
            return .peer(LineLimiter.Key(peer: "\(stranger)", reason: place))
        }
        if let subject = pairs.removeValue(forKey: Logger.saidOnceKey) {
            return .peer(LineLimiter.Key(peer: "\(subject)", reason: place, isSaidOnce: true))
        }
        return pairs["peer"].map { .peer(LineLimiter.Key(peer: source(of: "\($0)"), reason: place)) }
    }

    /// All addresses of an IPv6 network count as one peer.
    private static func source(of peer: String) -> String {
        guard let bytes = SocketAddress.bytes(of: peer), bytes.count == 16, bytes[0] != 0 else {
            return VisibleText.escaped(peer, limit: 64)
        }
        let groups = stride(from: 0, to: 8, by: 2).map {
            String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
        }
        return "\(groups.joined(separator: ":"))::/64"
    }

    /// UTC, ISO 8601, with milliseconds.
    private static func timestamp() -> String {
        let nanoseconds = Clock.unixNanoseconds()
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let milliseconds = Int(nanoseconds / 1_000_000 % 1000)
        let fraction = String(1000 + milliseconds).dropFirst()
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(fraction)Z"
    }
}
