import Testing

extension Defences {
    /// Attacks on workers with an application behind them.
    @Suite struct HostileTunnels {
        static let attacks = [
            Attack("WebSocket tunnels that are fed and never read", "http1.stalled_tunnels count=40"),
            Attack("Uploads to the application that come byte by byte", "http1.slow_bodies port=public count=100"),
            Attack(
                "Uploads to the application that are given up", "http2.cancelled_uploads count=4",
                "http2.rapid_resets count=2"),
        ]

        @Test func `Attacks of an application's clients take nothing down`() throws {
            let application = try Application()
            defer { application.stop() }
            let fixture = UnderAttack(workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { fixture.end() }
            for attack in HostileTunnels.attacks {
                let faults = try fixture.faults(of: attack)
                #expect(faults == [], "\(attack)")
            }
        }
    }
}
