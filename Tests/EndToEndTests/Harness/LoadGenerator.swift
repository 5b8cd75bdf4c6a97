import Foundation

/// Clients that send one request after another, each over a new connection, until they are stopped.
///
/// Each client is one curl with an endless URL. It writes the result of each request to a file at once.
final class LoadGenerator {
    /// The results of the requests.
    struct Tally: CustomStringConvertible {
        var served = 0
        /// The connection was refused (curl's exit status 7).
        var refused = 0
        /// The request timed out (28).
        var timedOut = 0
        /// The connection broke before the response was complete.
        var lost = 0
        /// Complete responses with another status than 200.
        var otherStatus = 0
        /// The different lines of failed requests.
        var causes: Set<String> = []

        var description: String {
            "\(served) served, \(refused) refused, \(timedOut) timed out, \(lost) lost, \(otherStatus) of another status"
                + causes.sorted().map { "\n    \($0)" }.joined()
        }
    }

    /// The number of clients, which is also the most requests in progress.
    let clients: Int
    private let folder: String
    private let processes: [SpawnedProcess]

    /// Starts `clients` clients that get `path`.
    init(_ cluster: TestCluster, path: String = "/", clients: Int = 4) throws {
        self.clients = clients
        let folder = try Files.makeTemporaryFolder()
        self.folder = folder
        // curl increments the last part. The worker ignores the query.
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

    /// The results so far.
    var tally: Tally {
        var tally = Tally()
        for index in processes.indices { LoadGenerator.count(Files.text("\(folder)/\(index)"), into: &tally) }
        return tally
    }

    /// Ends the clients. Requests in progress are not counted.
    func stop() -> Tally {
        for process in processes { process.send(SIGTERM) }
        for process in processes { process.end() }
        return tally
    }

    /// Waits until `count` more requests have been served.
    func waitForMore(_ count: Int, file: StaticString = #fileID, line: UInt = #line) throws {
        let goal = tally.served + count
        try waitUntil("\(goal) requests have been served: \(tally)", file: file, line: line) { tally.served >= goal }
    }

    private static func count(_ text: String, into tally: inout Tally) {
        // The last piece is empty or an incomplete line.
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
