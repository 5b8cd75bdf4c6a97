import Testing

extension EndToEnd {
    @Suite struct Balancing {
        /// If there are more requests than workers, they are distributed evenly: each goes to the worker with the
        /// fewest requests.
        @Test(arguments: [(3, [1, 1, 1]), (6, [2, 2, 2]), (12, [4, 4, 4])])
        func `Parallel slow requests go to the worker with the fewest requests`(count: Int, expected: [Int]) throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let requests = try (0..<count).map { _ in try cluster.startSlowRequest(milliseconds: 4000) }
            let status = try cluster.waitForStatus("\(count) requests are in progress") {
                $0.inFlight.reduce(0, +) == count
            }
            #expect(status.inFlight == expected)
            for request in requests {
                let response = request.finish()
                #expect(response.isOK && response.text == "cba", "\(response)")
            }
            try cluster.waitForStatus("no request counts any more") { $0.inFlight == [0, 0, 0] }
        }

        @Test func `Requests one after the other rotate`() throws {
            var options = TestCluster.Options()
            // In the slow start the share of a worker decides, too.
            options.balancerArguments = ["--slow-start", "0"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let answers = try (0..<9).map { _ in try cluster.curl("/").text }
            #expect(Set(answers).count == 3)
            #expect(answers[3..<6] == answers[..<3] && answers[6...] == answers[..<3], "\(answers)")
        }

        @Test func `A busy worker gets no request while others are free`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            let slow = try cluster.startSlowRequest(milliseconds: 4000)
            let busy = try cluster.waitForStatus("the slow request is in progress") { $0.inFlight.reduce(0, +) == 1 }
                .workers.first { $0.inFlight == 1 }?.id
            for _ in 0..<12 {
                let response = try cluster.curl("/")
                #expect(response.isOK && response.text != "\(busy ?? "")\n", "\(response)")
            }
            #expect(slow.isRunning)
            #expect(slow.finish().isOK)
        }

        @Test func `A client that aborts its request frees the worker`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            // The kernel answers the remaining bytes for an ended curl with a reset.
            let request = try Curl(cluster.url("/bytes/1073741824"), ["--limit-rate", "1k"], seconds: 1)
            try cluster.waitForStatus("the request is in progress") { $0.inFlight == [1] }
            #expect(request.finish().exitStatus == 28)
            try cluster.waitForStatus("the request no longer counts") { $0.inFlight == [0] }
            #expect(try cluster.status().workers[0].failuresTotal == 0)
        }
    }
}
