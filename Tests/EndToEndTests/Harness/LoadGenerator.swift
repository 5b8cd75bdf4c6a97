import Foundation

/// Clients that ask one thing after the other, each time over a new connection, until they are stopped.
///
/// Each is one curl with a URL that never ends. What became of a request is written to a file as soon as it is known.
final class LoadGenerator {
    /// What became of the requests.
    struct Tally: CustomStringConvertible {
        var served = 0
        /// Nobody listened (curl's exit status 7).
        var refused = 0
        /// Nothing came for too long (28).
        var timedOut = 0
        /// The connection broke before the whole response had come.
        var lost = 0
        /// Whole responses of another status than 200.
        var otherStatus = 0
        /// The lines of all that were not served, each once.
        var causes: Set<String> = []

        var description: String {
            "\(served) served, \(refused) refused, \(timedOut) timed out, \(lost) lost, \(otherStatus) of another status"
                + causes.sorted().map { "\n    \($0)" }.joined()
        }
    }

    /// Also the most requests that are under way at a time.
    let clients: Int
    private let folder: String
    private let processes: [SpawnedProcess]

    /// Starts `clients` clients that get `path`.
    init(_ cluster: TestCluster, path: String = "/", clients: Int = 4) throws {
        self.clients = clients
        let folder = try Files.makeTemporaryFolder()
        self.folder = folder
        // curl counts the last part up by itself; the query means nothing to the worker.
        let url = cluster.url("\(path)?[1-1000000000]")
        let arguments = [
            "-q", "-sk", "--http1.1", "-m", "30", "-H", "Connection: close", "-o", "/dev/null", "-w",
            "%{stderr}%{http_code} %{exitcode} %{errormsg}\n", url,
        ]
        processes = try (0..<clients).map {
            try SpawnedProcess("curl", arguments, output: "/dev/null", errors: "\(folder)/\($0)")
        }
    }

    deinit {
        for process in processes { process.end() }
        Files.remove(folder)
    }

    /// What is known by now.
    var tally: Tally {
        var tally = Tally()
        for index in processes.indices { LoadGenerator.count(Files.text("\(folder)/\(index)"), into: &tally) }
        return tally
    }

    /// Ends the clients; the requests under way are not counted.
    func stop() -> Tally {
        for process in processes { process.send(SIGTERM) }
        for process in processes { process.end() }
        return tally
    }

    /// Waits until `count` more requests have been served than by now.
    func waitForMore(_ count: Int, file: StaticString = #fileID, line: UInt = #line) throws {
        let goal = tally.served + count
        try waitUntil("\(goal) requests have been served: \(tally)", file: file, line: line) { tally.served >= goal }
    }

    private static func count(_ text: String, into tally: inout Tally) {
        // The last piece is empty, or a line that is not complete yet.
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count >= 2 else { continue }
            switch (parts[0], parts[1]) {
            case ("200", "0"):
                tally.served += 1
                continue
            case (_, "0"): tally.otherStatus += 1
            case (_, "7"): tally.refused += 1
            case (_, "28"): tally.timedOut += 1
            default: tally.lost += 1
            }
            tally.causes.insert(String(line))
        }
    }
}
