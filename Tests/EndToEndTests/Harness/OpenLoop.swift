import Foundation

/// `Tests/Tools/open_loop.py`: sends requests at a fixed rate, however slow the cluster is, each over a new connection.
final class OpenLoop {
    private let folder: String
    private let process: SpawnedProcess
    private var output: String { "\(folder)/records" }

    /// - Parameters:
    ///   - rate: requests per second.
    ///   - writeEvery: every n-th request writes a line of its own to the shared file; 0 for none.
    ///   - arguments: further options of the tool.
    init(
        _ cluster: TestCluster, path: String = "/", rate: Int = 50, writeEvery: Int = 0, timeout: Int = 30,
        arguments: [String] = []
    ) throws {
        folder = try Files.makeTemporaryFolder()
        process = try SpawnedProcess(
            "python3",
            [
                "\(Files.packageRoot)/Tests/Tools/open_loop.py", cluster.url(path), "--rate", "\(rate)",
                "--write-every", "\(writeEvery)", "--timeout", "\(timeout)",
            ] + arguments, output: "\(folder)/records", errors: "\(folder)/errors")
    }

    deinit {
        process.end()
        Files.remove(folder)
    }

    /// The records of the requests that have ended.
    var records: [OpenLoopRecord] {
        // The last piece is empty or an incomplete line.
        Files.text(output).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .compactMap(OpenLoopRecord.init)
    }

    /// Waits until `count` more requests have had the right response.
    func waitForMore(_ count: Int, file: StaticString = #fileID, line: UInt = #line) throws {
        let goal = records.count(where: \.isServed) + count
        try waitUntil("\(goal) requests have been served: \(diagnosis)", file: file, line: line) {
            records.count(where: \.isServed) >= goal
        }
    }

    /// Waits until a request that began after `instant` has been served.
    func waitForAnswer(after instant: Double, file: StaticString = #fileID, line: UInt = #line) throws {
        try waitUntil("a request is served again: \(diagnosis)", file: file, line: line) {
            records.contains { $0.isServed && $0.began >= instant }
        }
    }

    private var diagnosis: String { Files.text("\(folder)/errors") + "\(OpenLoopTally(records))" }

    /// Begins no more requests, and waits for the end of those in progress.
    func stop() throws -> [OpenLoopRecord] {
        process.send(SIGTERM)
        guard process.wait() == 0 else { throw HarnessError("the open-loop client failed: \(diagnosis)") }
        return records
    }

    /// The current time on the clock of the records.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// The result of one request.
struct OpenLoopRecord {
    /// Seconds of the monotonic clock.
    let began: Double
    let ended: Double
    let outcome: Substring
    let status: Int
    /// The line of a write, or the worker that answered a read.
    let name: Substring

    init?(_ line: Substring) {
        let parts = line.split(separator: " ")
        guard parts.count == 5, let began = Double(parts[0]), let ended = Double(parts[1]), let status = Int(parts[3])
        else { return nil }
        self.began = began
        self.ended = ended
        self.status = status
        outcome = parts[2]
        name = parts[4]
    }

    var isServed: Bool { outcome == "answered" && (status == 200 || status == 201) }
    var isWrite: Bool { name.hasPrefix("w-") }
}

/// The number of requests with each result.
struct OpenLoopTally: CustomStringConvertible {
    var served = 0
    var refused = 0
    var reset = 0
    var lost = 0
    var timedOut = 0
    /// Complete responses with another status than 200 and 201.
    var otherStatus = 0
    var unsent = 0
    private var statuses: Set<Int> = []

    init(_ records: [OpenLoopRecord]) {
        for record in records {
            switch record.outcome {
            case "answered" where record.isServed: served += 1
            case "answered":
                otherStatus += 1
                statuses.insert(record.status)
            case "refused": refused += 1
            case "reset": reset += 1
            case "timeout": timedOut += 1
            case "unsent": unsent += 1
            default: lost += 1
            }
        }
    }

    /// The number of requests without the right response.
    var failed: Int { refused + reset + lost + timedOut + otherStatus + unsent }

    var description: String {
        "\(served) served, \(refused) refused, \(reset) reset, \(lost) lost, \(timedOut) timed out, "
            + "\(otherStatus) of another status\(statuses.isEmpty ? "" : " \(statuses.sorted())")"
    }
}
