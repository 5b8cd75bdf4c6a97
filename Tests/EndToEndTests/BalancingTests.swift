import Testing

extension EndToEnd {
    @Suite struct Balancing {
        /// More requests than workers are spread evenly, and exactly: each goes to the worker that runs the fewest.
        @Test(arguments: [(3, [1, 1, 1]), (6, [2, 2, 2]), (12, [4, 4, 4])])
        func `Slow requests in parallel go to the worker that runs the fewest`(count: Int, expected: [Int]) throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let requests = try (0..<count).map { _ in try cluster.startSlowRequest(milliseconds: 4000) }
            let status = try cluster.waitForStatus("\(count) requests are under way") {
                $0.inFlight.reduce(0, +) == count
            }
            #expect(status.inFlight == expected)
            for request in requests {
                let response = request.finish()
                #expect(response.isOK && response.text == "cba", "\(response)")
            }
            try cluster.waitForStatus("all is counted down") { $0.inFlight == [0, 0, 0] }
        }

        @Test func `A busy worker gets nothing while others are free`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            let slow = try cluster.startSlowRequest(milliseconds: 4000)
            let busy = try cluster.waitForStatus("the slow request is under way") { $0.inFlight.reduce(0, +) == 1 }
                .workers.first { $0.inFlight == 1 }?.id
            for _ in 0..<12 {
                let response = try cluster.curl("/")
                #expect(response.isOK && response.text != "\(busy ?? "")\n", "\(response)")
            }
            #expect(slow.isRunning)
            #expect(slow.finish().isOK)
        }

        @Test func `A client that breaks off frees its worker`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            // What is still on its way to a curl that ends is answered by the kernel with a reset.
            let request = try Curl(cluster.url("/bytes/1073741824"), ["--limit-rate", "1k"], seconds: 1)
            try cluster.waitForStatus("it is under way") { $0.inFlight == [1] }
            #expect(request.finish().exitStatus == 28)
            try cluster.waitForStatus("it is counted down") { $0.inFlight == [0] }
            #expect(try cluster.status().workers[0].failuresTotal == 0)
        }
    }
}
