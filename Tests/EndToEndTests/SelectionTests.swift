import Testing

extension EndToEnd {
    @Suite struct Selection {
        private func cluster(_ policy: String) throws -> TestCluster {
            var options = TestCluster.Options()
            options.balancerArguments = ["--balance", policy]
            return try TestCluster(options)
        }

        @Test func `A client's cookie leads to its worker, also after a replacement of the balancer`() throws {
            let cluster = try cluster("sticky")
            defer { cluster.tearDown() }
            let first = try cluster.curl("/")
            let cookie = try #require(first.field("set-cookie")?.split(separator: ";").first.map(String.init))
            for _ in 0..<6 {
                let again = try cluster.curl("/", "-b", cookie)
                #expect(again.isOK && again.text == first.text && again.field("set-cookie") == nil, "\(again)")
            }
            try #require(cluster.balancer).end()
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            // The status of a worker reaches the data plane up to a tenth of a second later.
            try waitUntil("the cookie leads to its worker") { try cluster.curl("/", "-b", cookie).text == first.text }
            for _ in 0..<6 {
                let again = try cluster.curl("/", "-b", cookie)
                #expect(again.isOK && again.text == first.text && again.field("set-cookie") == nil, "\(again)")
            }
        }

        @Test func `Round robin sends requests to each worker in turn, and a successor keeps the policy`() throws {
            let cluster = try cluster("round-robin")
            defer { cluster.tearDown() }
            // On a full machine a worker can miss its watch and leave the rotation for a moment.
            func waitForRounds() throws {
                try waitUntil("each of three rounds in a row reaches all workers") {
                    try (0..<3).allSatisfy { _ in
                        Set(try (0..<3).map { _ in try cluster.curl("/").text }).count == 3
                    }
                }
            }
            try waitForRounds()
            try #require(cluster.balancer).end()
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            try waitForRounds()
        }

        @Test func `A worker of twice the capacity gets twice the requests`() throws {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            try cluster.startWorker(id: "worker-8001", arguments: ["--capacity", "2"])
            try cluster.startWorker(id: "worker-8002")
            try cluster.waitUntilReady(2)
            let requests = try (0..<6).map { _ in try cluster.startSlowRequest(milliseconds: 3000) }
            let status = try cluster.waitForStatus("all requests are in progress") { $0.inFlight.reduce(0, +) == 6 }
            #expect(status.inFlight == [4, 2])
            for request in requests { #expect(request.finish().isOK) }
        }
    }
}
