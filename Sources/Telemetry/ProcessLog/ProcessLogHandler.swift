internal import Connections
private import Glibc
internal import HTTP
package import Logging
package import Sockets

/// Formats log lines for the process log: `time level part message key=value ...`, or one JSON object for each line.
///
/// Text from a peer can't end a line or hide its end (`VisibleText`). A line with `peer` is about the other end of a
/// connection. Such lines are limited by peer and by their place in the code (`LineLimiter`).
package struct ProcessLogHandler: LogHandler {
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
    package static func install(level: Logger.Level, format: LogFormat = .text, directory: SafeDirectory? = nil) {
        ProcessLog.open(format: format, rotation: directory.flatMap { LogRotation(in: $0) })
        LoggingSystem.bootstrap { ProcessLogHandler(label: $0, level: level) }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        guard let log = ProcessLog.shared else { return }
        var pairs = metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let subject = ProcessLogHandler.takeSubject(from: &pairs, of: event) {
            let example = LineLimiter.Example(
                level: event.level.rawValue, label: label,
                message: VisibleText.escaped("\(event.message)", limit: ProcessLogHandler.maximumExample))
            switch log.admit(subject, example: example) {
            case .write: break
            case .writeLastOfKey: pairs["limit"] = "more lines like this are only counted"
            case .writeLastOfAll: pairs["limit"] = "more lines about peers are only counted"
            case .count: return
            }
        }
        let sorted = pairs.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        log.write(
            ProcessLogHandler.line(event.level.rawValue, label, "\(event.message)", sorted, format: log.format))
    }

    /// A whole line, with its newline.
    static func line(
        _ level: String, _ label: String, _ message: String, _ pairs: [(String, String)], format: LogFormat = .text
    ) -> [UInt8] {
        if format == .json { return jsonLine(level, label, message, pairs) }
        var line = "\(timestamp()) \(level) \(label) \(VisibleText.escaped(message, limit: maximumMessage))"
        for (key, value) in pairs { line += " \(key)=\(VisibleText.value(value, limit: maximumValue))" }
        return Array("\(line)\n".utf8)
    }

    /// Every value is a text. The order of the keys is fixed.
    private static func jsonLine(
        _ level: String, _ label: String, _ message: String, _ pairs: [(String, String)]
    ) -> [UInt8] {
        var line = ByteBuffer()
        defer { line.release() }
        let own = [("time", timestamp()), ("level", level), ("part", label), ("message", cut(message, maximumMessage))]
        for (index, (key, value)) in (own + pairs.map { ($0.0, cut($0.1, maximumValue)) }).enumerated() {
            line.append(index == 0 ? "{\"" : ",\"")
            line.append(jsonEscaped: key)
            line.append("\":\"")
            line.append(jsonEscaped: value)
            line.append("\"")
        }
        line.append("}\n")
        return Array(line.readable)
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        return String(decoding: text.utf8.prefix(limit), as: UTF8.self) + VisibleText.cutMark
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
