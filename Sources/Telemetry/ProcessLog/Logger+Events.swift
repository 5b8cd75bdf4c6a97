package import Cluster
package import Logging

/// Logs the events of the cores. Peers cause most of them, so the lines are limited by worker and kind (`LineLimiter`).
extension Logger {
    /// Hidden metadata that limits a line: a member and the kind of its event.
    static let memberKey = "#member"
    /// The same for a peer that requests admission, under any name.
    static let strangerKey = "#stranger"

    package func report(_ event: ClusterEvent) {
        let level: Logger.Level =
            switch event.severity {
            case .notice: .notice
            case .warning: .warning
            }
        // The id and the kind of the event. Details follow after the colon.
        let subject = "\(event.message.prefix { $0 != ":" })"
        let key = if case .refused = event { Logger.strangerKey } else { Logger.memberKey }
        log(level: level, "\(event.message)", metadata: [key: "\(subject)"])
    }

    package func report(_ event: MemberEvent) {
        // The peer chooses epochs and worker numbers, so the kind omits digits.
        let kind = event.message.prefix { $0 != ":" }.filter { !$0.isNumber }
        log(
            level: event.isWarning ? .warning : .notice, "\(event.message)", metadata: [Logger.memberKey: "\(kind)"])
    }
}
