import Foundation
import Synchronization
import Testing

/// Attaches the ends of the current cluster's logs to the first issue of a test.
enum LogsOnFailure {
    private enum Logs {
        /// The logs are in this folder.
        case growing(String)
        /// The stored ends of the logs. The folder no longer exists.
        case kept(String)
    }

    /// The logs of each running test.
    private static let present = Mutex<[Test.ID: Logs]>([:])

    /// Assigns the logs in `folder` to the running test.
    static func watch(_ folder: String) { change { _ in .growing(folder) } }

    /// Stores the logs' ends, because the folder is about to be removed.
    static func keep() {
        change { logs in
            if case .growing(let folder) = logs { .kept(tails(in: folder)) } else { logs }
        }
    }

    /// Returns the logs' ends once. A test's second issue does not repeat them.
    static func take() -> String? {
        var text: String?
        change { logs in
            switch logs {
            case .growing(let folder): text = tails(in: folder)
            case .kept(let tails): text = tails
            case nil: break
            }
            return nil
        }
        return text == "" ? nil : text
    }

    private static func change(_ body: (Logs?) -> Logs?) {
        guard let test = Test.current?.id else { return }
        present.withLock { $0[test] = body($0[test]) }
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
