import Foundation
package import Logging

/// Records log lines for a test.
package final class RecordingLog: @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String] = []

    package var lines: [String] { lock.withLock { kept } }

    package init() {}

    package func makeLogger() -> Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let more = (event.metadata ?? [:]).map { " \($0.key)=\($0.value)" }.sorted().joined()
            log.lock.withLock { log.kept.append("\(event.level) \(event.message)\(more)") }
        }
    }
}
