import Foundation
import Testing

/// Whether the run is one under a sanitizer (`scripts/test --sanitize`), and what the processes that tests start have to report.
///
/// The executables beside the test runner are then built with it too. A report in one of them is a failure of the test that
/// started it, whatever became of the process.
enum Sanitizer {
    /// `address`, `thread`, or nil.
    static let name = ProcessInfo.processInfo.environment["UNDERSTUDY_SANITIZER"]

    /// `kilobytes` of memory that a test lets a process have; beyond what a stream of 1 GiB would fill under a sanitizer, whose
    /// own tables and freed blocks count too.
    static func memoryLimit(kilobytes: Int) -> Int { name == nil ? kilobytes : max(kilobytes, 900 << 10) }

    /// What every balancer is started with: under a sanitizer all processes are several times as slow, and would take a balancer
    /// that only begins for one that hangs.
    static let balancerArguments =
        name == nil ? [] : ["--watch-misses", "15", "--prevote-timeout", "1s", "--rank-delay", "1500ms"]

    /// For what ends only tests that fail, or commands.
    static let patience = name == nil ? 1.0 : 3.0

    /// Records every report in the logs of a folder.
    static func check(logsIn folder: String) {
        guard name != nil else { return }
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        for file in files where file.hasSuffix(".log") { check(Files.text("\(folder)/\(file)"), of: file) }
    }

    /// Records a report in what a process wrote.
    static func check(_ output: String, of source: String) {
        guard let report = report(in: output) else { return }
        Issue.record("a sanitizer's report in \(source):\n\(report)")
    }

    /// The first report in a text, with what follows it; nil when there is none.
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
