import Settings
import Telemetry
import Testing

/// The division of a process's descriptors.
struct DescriptorSharesTests {
    private static func shares(_ limit: Int, clients: Int? = nil, members: Int? = nil, loops: Int = 1) throws
        -> DescriptorShares
    {
        try DescriptorShares(of: limit, clients: clients, members: members, loops: loops)
    }

    @Test func clientsHaveMostDescriptors() throws {
        let shares = try DescriptorSharesTests.shares(20_000)
        #expect(shares.clients == 10_420)
        #expect(shares.members == 1700)
        // A request beyond the share is cut to the share.
        #expect(try DescriptorSharesTests.shares(20_000, clients: 100_000).clients == 15_051)
    }

    @Test func workersGetTheDescriptorsThatClientsLeave() throws {
        #expect(try DescriptorSharesTests.shares(20_000, clients: 1000).members == 4350)
        // Each loop has a connection to each worker.
        #expect(try DescriptorSharesTests.shares(20_000, clients: 1000, loops: 4).members == 2484)
    }

    @Test func membersAreBounded() throws {
        #expect(try DescriptorSharesTests.shares(1_000_000).members == 10_000)
        #expect(try DescriptorSharesTests.shares(1_000_000, members: 4000).members == 4000)
        #expect(try DescriptorSharesTests.shares(1_000_000, members: 3).members == 3)
    }

    @Test(arguments: [512, 1024, 20_000, 1_048_576, 2_000_000], [1, 2, 8, 32])
    func allSharesFit(limit: Int, loops: Int) throws {
        for clients in [nil, 1, 500, 100_000] {
            let shares = try DescriptorSharesTests.shares(limit, clients: clients, members: 10_000, loops: loops)
            #expect(shares.clients >= 1 && shares.members >= 4 && shares.clusterArrivals >= 16)
            let sum =
                shares.clients + shares.clients / 8 + (3 + loops) * shares.members + shares.clusterArrivals
                + shares.spareIdentities + shares.connectBacks + shares.admin
            // The rest is for logs, listeners and loops.
            #expect(sum + 32 + 4 * loops <= limit)
        }
    }

    /// The error names the required number, and with that number the program starts.
    @Test(arguments: [0, 1, 64, 100], [1, 2, 64, 1024]) func tooFewAreRefusedAtOnce(limit: Int, loops: Int) throws {
        let error = #expect(throws: CommandError.self) {
            try DescriptorSharesTests.shares(limit, loops: loops)
        }
        guard let message = error.map({ "\($0)" }) else { return }
        #expect(message.contains("the limit of open files is \(limit), and a balancer with"), "\(message)")
        let words = message.split(separator: " ")
        let needed = try #require(words.firstIndex(of: "needs").flatMap { Int(words[$0 + 1]) })
        #expect(needed > limit)
        #expect(throws: CommandError.self) { try DescriptorSharesTests.shares(needed - 1, loops: loops) }
        #expect(try DescriptorSharesTests.shares(needed, loops: loops).members >= 4)
    }

    @Test func aWorkersPortHasPlacesForBalancers() throws {
        let shares = try WorkerDescriptorShares(of: 1024, connections: nil, loops: 2)
        #expect(shares.connections == 369)
        #expect(shares.arrivals == 92)
        #expect(shares.guests == 46)
        // The port and the application leave a quarter for the worker's own files and checks.
        #expect(shares.applicationConnections == 184)
        #expect(shares.connections + 2 * shares.applicationConnections < 1024 * 3 / 4)
        #expect(try WorkerDescriptorShares(of: 1024, connections: 100, loops: 2).connections == 100)
        let error = #expect(throws: CommandError.self) {
            try WorkerDescriptorShares(of: 64, connections: nil, loops: 2)
        }
        #expect(error.map { "\($0)".contains("a worker with 2 threads needs 88 at least") } == true)
        #expect(try WorkerDescriptorShares(of: 88, connections: nil, loops: 2).connections >= 16)
    }

    @Test func `Wanted numbers without room are named`() throws {
        let shares = try DescriptorSharesTests.shares(1024, clients: 5000, members: 10)
        let text = try #require(shares.shortfall(clients: 5000, members: 10))
        #expect(text.contains("--max-connections is 5000, and there is room for \(shares.clients):"))
        #expect(shares.shortfall(clients: nil, members: nil) == nil)
        let worker = try WorkerDescriptorShares(of: 1024, connections: 5000, loops: 2)
        #expect(worker.shortfall(connections: 5000)?.contains("--max-connections is 5000") == true)
        #expect(worker.shortfall(connections: 100) == nil)
    }
}
