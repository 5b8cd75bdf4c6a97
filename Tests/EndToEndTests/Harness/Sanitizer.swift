import Foundation
import Testing

/// Tells whether the run uses a sanitizer (`scripts/test --sanitize`), and checks the reports of the processes that
/// tests start.
///
/// In such a run the executables beside the test runner are built with the sanitizer too. A report in one of them is a
/// failure of the test that started it, whatever the exit status.
enum Sanitizer {
    /// `address`, `thread`, or nil.
    static let name = ProcessInfo.processInfo.environment["UNDERSTUDY_SANITIZER"]

    /// The memory limit for a process of a test, at least `kilobytes`. Under a sanitizer it is larger than a stream of
    /// 1 GiB would fill, because the sanitizer's tables and freed blocks count too.
    static func memoryLimit(kilobytes: Int) -> Int { name == nil ? kilobytes : max(kilobytes, 900 << 10) }

    /// Arguments of every balancer. Under a sanitizer all processes are several times as slow. With the default times,
    /// workers would take a starting balancer for a hung one.
    static let balancerArguments =
        name == nil ? [] : ["--watch-misses", "15", "--prevote-timeout", "1s", "--rank-delay", "1500ms"]

    /// A factor for time limits of failing tests and of commands.
    static let patience = name == nil ? 1.0 : 3.0

    /// Records every report in the logs of a folder.
    static func check(logsIn folder: String) {
        guard name != nil else { return }
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        for file in files where file.hasSuffix(".log") { check(Files.text("\(folder)/\(file)"), of: file) }
    }

    /// Records a report in the output of a process.
    static func check(_ output: String, of source: String) {
        guard let report = report(in: output) else { return }
        Issue.record("a sanitizer's report in \(source):\n\(report)")
    }

    /// The first report in a text, with the following text; nil if there is none.
    static func report(in output: String) -> String? {
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.firstIndex { line in
            line.contains("Sanitizer: ") && (line.contains("ERROR: ") || line.contains("WARNING: "))
                || line.contains("runtime error: ")
        }
        guard let first else { return nil }
        return lines[first...].prefix(60).joined(separator: "\n")
    }
}
