import Testing

extension Defences {
    /// One source, or a few, take what all clients share: memory, connections, and descriptors.
    @Suite struct HostileShares {
        /// The balancer's smallest budget of memory: an attacker that opens connections for two seconds can use it up.
        @Test func `Small connections of two sources use up no memory of others`() throws {
            let fixture = UnderAttack(balancerArguments: ["--memory-limit", "16MiB"])
            defer { fixture.end() }
            let attack = Attack(
                "Silent uploads on connections below 64 KiB each, from two addresses",
                "http2.small_holders count=400 source=127.0.2.1", "http2.small_holders count=400 source=127.0.2.2")
            #expect(try fixture.faults(of: attack) == [])
        }
    }
}
