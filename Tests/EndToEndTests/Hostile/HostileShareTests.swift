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

        /// The balancer has few connections, so that an attacker can take all of them in two seconds.
        @Test func `Idle and slow connections of one source keep nobody out`() throws {
            let fixture = UnderAttack(balancerArguments: ["--max-connections", "250"])
            defer { fixture.end() }
            let attacks = [
                Attack("Kept connections that stay silent", "http1.idle count=400"),
                Attack(
                    "Uploads that come byte by byte, on more connections than the port has",
                    "http1.slow_bodies port=public count=400"),
                Attack("Uploads without content on HTTP/2", "http2.small_holders count=400 source=127.0.2.3 streams=2"),
            ]
            for attack in attacks { #expect(try fixture.faults(of: attack) == [], "\(attack)") }
        }

        /// Each upload could cost a worker one of its 1,024 descriptors.
        @Test func `Uploads of one client leave the application to others`() throws {
            let application = try Application()
            defer { application.stop() }
            let fixture = UnderAttack(workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { fixture.end() }
            let attacks = [
                Attack("Uploads without content", "http2.held_uploads count=40"),
                Attack("Uploads with one byte of content", "http2.held_uploads count=40 bytes=1"),
            ]
            for attack in attacks { #expect(try fixture.faults(of: attack) == [], "\(attack)") }
        }

        /// `POST /reverse` of another client has to work too.
        @Test func `Messages that one client lets a worker hold eject no worker`() throws {
            let fixture = UnderAttack()
            defer { fixture.end() }
            let attack = Attack("Messages of 1 MiB that wait for a minute", "http1.held_messages count=250")
            #expect(try fixture.faults(of: attack) == [])
        }
    }
}
