import Foundation
import Synchronization
import Testing

/// Puts the ends of the present cluster's logs beside the first issue of a test.
enum LogsOnFailure {
    private enum Logs {
        /// They are in this folder.
        case growing(String)
        /// What an issue may still want to show; the folder is gone.
        case kept(String)
    }

    /// Of each test that runs.
    private static let present = Mutex<[Test.ID: Logs]>([:])

    /// The logs in `folder` belong to the test that runs now.
    static func watch(_ folder: String) { change { _ in .growing(folder) } }

    /// The folder is about to go.
    static func keep() {
        change { logs in
            if case .growing(let folder) = logs { .kept(tails(in: folder)) } else { logs }
        }
    }

    /// The tails, once; a test's second issue need not repeat them.
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
