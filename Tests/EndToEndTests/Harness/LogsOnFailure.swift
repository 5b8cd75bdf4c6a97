import Foundation
import Testing

/// Puts the ends of the present cluster's logs beside the first issue of a test.
enum LogsOnFailure {
    private static let lock = NSLock()
    nonisolated(unsafe) private static var folder: String?
    nonisolated(unsafe) private static var kept = ""

    /// The logs in `folder` belong to the test that runs now.
    static func watch(_ folder: String) {
        lock.withLock {
            LogsOnFailure.folder = folder
            kept = ""
        }
    }

    /// The folder is about to go: what an issue may still want to show is kept.
    static func keep() {
        lock.withLock {
            guard let folder else { return }
            kept = tails(in: folder)
            LogsOnFailure.folder = nil
        }
    }

    /// The tails, once; a test's second issue need not repeat them.
    static func take() -> String? {
        lock.withLock {
            let text = folder.map { tails(in: $0) } ?? kept
            folder = nil
            kept = ""
            return text.isEmpty ? nil : text
        }
    }

    private static func tails(in folder: String) -> String {
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".log") }.sorted().map { name in
            let lines = Files.text("\(folder)/\(name)").split(separator: "\n")
            return "---- \(name), the last of \(lines.count) lines\n" + lines.suffix(30).joined(separator: "\n") + "\n"
        }.joined()
    }
}

extension Trait where Self == IssueHandlingTrait {
    /// See `LogsOnFailure`.
    static var showingLogs: Self {
        .compactMapIssues { issue in
            guard let logs = LogsOnFailure.take() else { return issue }
            var issue = issue
            issue.comments.append(Comment(rawValue: logs))
            return issue
        }
    }
}
