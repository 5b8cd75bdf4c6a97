import Testing

extension Defences.Hostile {
    /// The attackers know only the address of a port.
    @Suite struct HostileStrangers {
        static let attacks = [
            Attack("600 silent connections at the public port", "strangers.silent port=public count=600"),
            Attack("600 silent connections at the cluster port", "strangers.silent port=cluster count=600"),
            Attack("600 silent connections at a worker's port", "strangers.silent port=worker count=600"),
            Attack("600 silent connections at the admin port", "strangers.silent port=admin count=600"),
            Attack(
                "Garbage at every port", "strangers.garbage port=public threads=2",
                "strangers.garbage port=cluster threads=2", "strangers.garbage port=worker threads=2",
                "strangers.garbage port=admin threads=2"),
        ]

        @Test(arguments: attacks) func `Attacks of a stranger take nothing down`(attack: Attack) throws {
            let fixture = try #require(UnderAttack.current)
            let faults = try fixture.faults(of: attack)
            #expect(faults == [])
        }

        #if TLS
            static let handshakes = [
                Attack(
                    "Handshakes that stop or are never answered at the public port",
                    "strangers.half_handshakes port=public count=200",
                    "strangers.unfinished_handshakes port=public count=200"),
                Attack(
                    "Handshakes that stop or are never answered at the cluster port",
                    "strangers.half_handshakes port=cluster count=200",
                    "strangers.unfinished_handshakes port=cluster count=200"),
                Attack(
                    "Handshakes that stop or are never answered at a worker's port",
                    "strangers.half_handshakes port=worker count=200",
                    "strangers.unfinished_handshakes port=worker count=200"),
                Attack(
                    "Whole handshakes without end at the public port", "strangers.handshakes port=public threads=6"),
                Attack(
                    "Whole handshakes without end where members belong",
                    "strangers.handshakes port=cluster threads=4", "strangers.handshakes port=worker threads=2"),
                Attack(
                    "ClientHellos with the group ffdhe8192 alone at every port",
                    "strangers.costly_groups port=public threads=2 group=260",
                    "strangers.costly_groups port=cluster threads=2 group=260",
                    "strangers.costly_groups port=worker threads=2 group=260"),
            ]

            @Test(arguments: handshakes) func `Handshakes of strangers take nothing down`(attack: Attack) throws {
                let fixture = try #require(UnderAttack.current)
                let faults = try fixture.faults(of: attack)
                #expect(faults == [])
            }
        #endif
    }
}
