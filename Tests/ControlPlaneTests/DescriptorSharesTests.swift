import ControlPlane
import Testing

/// Descriptors are few on many systems: who gets how many.
struct DescriptorSharesTests {
    @Test func clientsHaveMostOfThem() {
        let shares = DescriptorShares(of: 20_000, clients: nil, members: nil, loops: 1)
        #expect(shares.clients == 11_178)
        #expect(shares.members == 2_432)
        // What is wanted beyond the share is not given.
        #expect(DescriptorShares(of: 20_000, clients: 100_000, members: nil, loops: 1).clients == 16_146)
    }

    @Test func membersGetWhatClientsLeave() {
        #expect(DescriptorShares(of: 20_000, clients: 1000, members: 10_000, loops: 1).members == 6249)
        // Each loop has a connection to each worker.
        #expect(DescriptorShares(of: 20_000, clients: 1000, members: 10_000, loops: 4).members == 3124)
    }

    @Test func membersAreBounded() {
        #expect(DescriptorShares(of: 1_000_000, clients: nil, members: nil, loops: 1).members == 10_000)
        #expect(DescriptorShares(of: 1_000_000, clients: nil, members: 4000, loops: 1).members == 4000)
        #expect(DescriptorShares(of: 1_000_000, clients: nil, members: 3, loops: 1).members == 3)
    }

    @Test(arguments: [0, 100, 128, 1024, 20_000, 1_048_576, Int.max])
    func allOfThemFit(limit: Int) {
        for loops in [1, 8, 1024] {
            for clients in [nil, 1, 500, 100_000] {
                let shares = DescriptorShares(of: limit, clients: clients, members: 10_000, loops: loops)
                #expect(shares.clients >= 1 && shares.members >= 16)
                // With fewer there are as many as anything works with.
                guard shares.members > 16 else { continue }
                #expect(shares.clients + shares.clients / 8 + (2 + loops) * shares.members <= limit)
            }
        }
    }
}
