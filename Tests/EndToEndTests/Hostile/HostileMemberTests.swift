import Testing

extension Defences.Hostile {
    /// The attackers hold a worker's or an operator's certificate of the cluster. In the plain build any peer may claim
    /// the same.
    @Suite struct HostileMembers {
        static let claims = [
            Attack(
                "A worker's certificate claims homes, capacities and names that there can't be", "members.odd_claims"),
            Attack(
                "A worker's certificate sends costly JSON to the cluster port",
                "members.costly_json port=cluster paths=scout+register+watch count=20"),
            Attack(
                "A worker's certificate sends costly JSON to a worker",
                "members.costly_json port=worker paths=prevote count=20"),
            Attack(
                "A worker's certificate takes as many connections as it gets",
                "members.many_connections port=cluster count=300", "members.many_connections port=worker count=300"),
            Attack(
                "A worker's certificate uploads byte by byte",
                "members.slow_bodies port=cluster path=register count=100",
                "members.slow_bodies port=worker path=prevote count=50"),
            // In the plain build, where no identity limits the requests, this took 130 MiB in a second.
            Attack(
                "A worker's certificate pipelines questions and reads no answer",
                "members.pipelined port=cluster path=scout count=40",
                "members.pipelined port=worker path=prevote count=20"),
        ]

        @Test(arguments: claims) func `Attacks with a worker's certificate take nothing down`(
            attack: Attack
        ) throws {
            let fixture = try #require(UnderAttack.current)
            let faults = try fixture.faults(of: attack)
            #expect(faults == [])
        }

        /// Each attacker is a registered worker. It may fail the requests that it receives, and no others.
        static let lies = [
            Attack("A member answers probes without end", "liar.serves probes=flood", requests).losing(atMost: 0.1),
            Attack(
                "A member answers without end", "liar.serves answers=heads+interim+bodies+silence", requests
            ).losing(atMost: 0.3),
            Attack(
                "A member answers more than it was asked", "liar.serves answers=excess+seconds+garbage+strangers",
                requests
            ).losing(atMost: 0.3),
            Attack(
                "A member breaks the protocol between balancer and worker",
                "liar.serves answers=kinds+lengths+opens+credit+nothing", requests
            ).losing(atMost: 0.3),
            Attack(
                "A member takes requests and answers none", "liar.serves answers=resets+refuses+hang-ups", requests
            ).losing(atMost: 0.3),
            Attack("A member claims the capacity of a thousand", "liar.serves capacity=1000", requests)
                .losing(atMost: 0.1),
        ]
        /// Gives the lying worker more requests than the honest load does.
        private static let requests = "http1.requests threads=4"

        @Test(arguments: lies) func `A lying member takes nothing down`(attack: Attack) throws {
            let fixture = try #require(UnderAttack.current)
            let faults = try fixture.faults(of: attack)
            #expect(faults == [])
        }

        #if TLS
            static let roles = [
                Attack("A worker's certificate speaks under the names of others", "members.others_names"),
                Attack("A worker's certificate fills the streams of a worker", "members.stored_streams"),
                Attack(
                    "Certificates of workers and operators send requests to a worker", "members.balancers_requests",
                    "members.balancers_requests who=operator"),
                Attack(
                    "An operator's certificate claims epochs and the names of workers",
                    "members.claimed_epochs where=scout who=operator",
                    "members.claimed_epochs where=register who=operator",
                    "members.claimed_epochs where=watch who=operator", "members.others_names who=operator"),
                Attack(
                    "An operator's certificate sends costly JSON, and reads no answer",
                    "members.costly_json port=cluster paths=scout+register+watch+drain count=20 who=operator",
                    "members.pipelined port=cluster path=scout count=40 who=operator"),
                Attack(
                    "An operator's certificate takes as many connections as it gets",
                    "members.many_connections port=cluster count=300 who=operator"),
                Attack(
                    "A worker's certificate shakes hands without end",
                    "strangers.handshakes port=cluster threads=4 holder=nodes/liar/worker",
                    "strangers.handshakes port=worker threads=2 holder=nodes/liar/worker"),
            ]

            @Test(arguments: roles) func `A certificate permits no more than its role`(attack: Attack) throws {
                let fixture = try #require(UnderAttack.current)
                let faults = try fixture.faults(of: attack)
                #expect(faults == [])
            }
        #endif
    }
}
