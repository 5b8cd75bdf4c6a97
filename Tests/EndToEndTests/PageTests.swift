import Foundation
import Testing

extension EndToEnd {
    /// The page of the admin port in a browser that stays open.
    @Suite struct Page {
        private struct Shown: Decodable {
            let text: String
            let rates: [String]
            let problems: [String]
            let loads: Int
            let checks: [String]?
        }

        private static func has(_ program: String) -> Bool {
            (try? Command.run("sh", ["-c", "command -v \(program)"]).status) == 0
        }

        @Test(.enabled(if: has("chromium") && has("python3"), "chromium or python3 is not installed"))
        func `The page stays right through a failing worker, a drain and a takeover, without being loaded again`()
            throws
        {
            let cluster = try TestCluster(workers: 3)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let url = "http://127.0.0.1:\(cluster.adminPort)/"
            let browser = try SpawnedProcess(
                "\(Files.packageRoot)/Tests/Clients/page-client", [folder, url], output: "\(folder)/output")
            defer {
                browser.send(SIGTERM)
                _ = browser.wait()
            }
            let shown = {
                try? JSONDecoder().decode(Shown.self, from: Data(Files.bytes("\(folder)/page.json")))
            }
            func wait(_ what: String, _ condition: (Shown) -> Bool) throws {
                try waitUntil("the page shows \(what): \(shown()?.text ?? "") \(Files.text("\(folder)/output"))") {
                    shown().map(condition) ?? false
                }
            }
            try wait("the cluster") { page in
                page.text.contains("Live") && page.text.contains("3 of 3") && page.checks != nil
            }
            #expect(shown()?.checks == [])
            let load = try LoadGenerator(cluster)
            defer { _ = load.stop() }
            try load.waitForMore(50)
            try wait("a rate") { $0.rates.contains { $0 != "–" && $0 != "0.0" } }

            cluster.workers[2].process.send(SIGSTOP)
            try wait("the failing worker and its reason") { page in
                page.text.contains("2 of 3") && page.text.contains("✕ ejected") && page.text.contains("failed probes")
            }
            cluster.workers[2].process.send(SIGCONT)
            try wait("the recovered worker") { $0.text.contains("3 of 3") }

            let drain = ["drain", cluster.workers[1].id, "--state-dir", cluster.stateDirectory]
            #expect(try Command.run(TestCluster.balancerProgram, drain).status == 0)
            try wait("the drained worker") { page in
                page.text.contains("◐ draining") && page.text.contains("drained by an operator")
            }

            let requests = try cluster.status().workers.reduce(0) { $0 + $1.requestsTotal }
            cluster.balancer?.send(SIGKILL)
            let status = try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 }
            try wait("the successor") { page in
                page.text.contains("process \(status.pid)) reigns, epoch 2") && page.text.contains("Live")
                    && page.text.contains("drained by an operator")
            }
            let before = shown()?.rates.count ?? 0
            try wait("rates of the successor") { $0.rates.dropFirst(before).contains { $0 != "–" } }

            try cluster.replaceBalancer()
            let replaced = try cluster.waitForStatus("the replacement reigns") { $0.epoch == 3 }
            try wait("the replacement") { $0.text.contains("process \(replaced.pid)) reigns, epoch 3") }

            let page = try #require(shown())
            #expect(page.loads == 1 && page.problems == [], "\(page.problems)")
            // A rate that mixed the counts of two processes would be negative, or near all requests of the first.
            let rates = page.rates.compactMap { Double($0.replacing(",", with: "")) }
            #expect(rates.allSatisfy { $0 >= 0 && $0 < Double(max(requests, 2000)) }, "\(page.rates)")
        }
    }
}
