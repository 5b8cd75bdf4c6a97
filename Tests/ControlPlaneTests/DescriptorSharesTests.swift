import ControlPlane
import Testing

/// Descriptors are few on many systems: who gets how many.
struct DescriptorSharesTests {
    @Test func clientsHaveThreeEighthsAndMembersOne() {
        let shares = DescriptorShares(of: 20_000, clients: nil, members: nil, loops: 4)
        #expect(shares.clients == 7452)
        #expect(shares.members == 2484)
    }

    @Test func membersGetWhatClientsLeave() {
        #expect(DescriptorShares(of: 20_000, clients: 1000, members: 20_000, loops: 1).members == 5957)
        // Each loop has a connection to each worker.
        #expect(DescriptorShares(of: 20_000, clients: 1000, members: 20_000, loops: 4).members == 2978)
        // What is wanted beyond the share is not given.
        #expect(DescriptorShares(of: 20_000, clients: 9000, members: 9000, loops: 1).clients == 7452)
        #expect(DescriptorShares(of: 20_000, clients: 9000, members: 9000, loops: 1).members == 2484)
    }

    @Test func membersAreBounded() {
        #expect(DescriptorShares(of: 1_000_000, clients: nil, members: nil, loops: 1).members == 4000)
        #expect(DescriptorShares(of: 1_000_000, clients: nil, members: 9000, loops: 1).members == 9000)
        #expect(DescriptorShares(of: 1_000_000, clients: nil, members: 3, loops: 1).members == 3)
    }

    @Test(arguments: [0, 100, 128, 1024, 20_000, 1_048_576, Int.max])
    func allOfThemFit(limit: Int) {
        for loops in [1, 8, 1024] {
            for clients in [nil, 1, 500, 100_000] {
                let shares = DescriptorShares(of: limit, clients: clients, members: 20_000, loops: loops)
                #expect(shares.clients >= 1 && shares.members >= 16)
                // With fewer there are as many as anything works with.
                guard limit >= 1024 else { continue }
                // Clients and what they cause, members and their probes.
                #expect(2 * shares.clients + 2 * shares.members <= limit)
            }
        }
    }
}
