import Testing

extension Defences.Hostile {
    /// The attackers are clients: they speak HTTP at the public port.
    @Suite struct HostileClients {
        static let http1 = [
            Attack(
                "Heads and uploads that come byte by byte", "http1.slow_heads port=public count=100",
                "http1.slow_bodies port=public count=100"),
            Attack(
                "Pipelined requests whose answers nobody reads", "http1.pipelined port=public path=/ count=30",
                "http1.pipelined port=public path=/bytes/1000000 count=30"),
            Attack(
                "A gigabyte asked for on each of 150 connections, and none of it read",
                "http1.unread_content count=150 size=1073741824"),
            Attack(
                "Heads of 3,000 fields, and uploads in chunks of one byte", "http1.many_fields",
                "http1.tiny_chunks count=2"),
        ]

        static let http2 = [
            Attack(
                "Streams that are reset as soon as they are begun", "http2.rapid_resets count=2",
                "http2.rapid_resets count=2 path=/echo method=POST", "http2.cancelled_uploads count=2"),
            Attack(
                "11,000 streams that ask for much and take nothing", "http2.closed_windows count=50",
                "http2.unread_streams count=50", "http2.drips count=10"),
            Attack("6,000 uploads that stall", "http2.stalled_uploads count=60"),
            Attack(
                "Floods of frames that bring no request", "http2.flood count=1 kind=ping",
                "http2.flood count=1 kind=settings", "http2.flood count=1 kind=priority",
                "http2.flood count=1 kind=window", "http2.flood count=1 kind=unknown", "http2.empty_content count=1",
                "http2.content_on_closed_streams count=1", "http2.unread_pings count=10"),
            Attack(
                "Heads without end, and heads that unfold to 32 MB", "http2.continuations count=2",
                "http2.unfolding_heads count=2"),
            Attack("Streams beyond the limit, whose refusals nobody reads", "http2.refused_streams count=2"),
            Attack(
                "Faults that make the server reset stream after stream", "http2.faulty_streams count=1 kind=trailers",
                "http2.faulty_streams count=1 kind=window", "http2.faulty_streams count=1 kind=length"),
            Attack(
                "Frames that seem to carry something", "http2.padded_content count=1",
                "http2.referring_heads count=1", "http2.refused_heads count=1"),
            Attack(
                "Large heads and trailers that few bytes repeat, and that wait",
                "http2.large_heads count=100 kind=head", "http2.large_heads count=100 kind=trailers"),
        ]

        @Test(arguments: http1 + http2) func `Attacks of a client take nothing down`(attack: Attack) throws {
            let fixture = try #require(UnderAttack.current)
            let faults = try fixture.faults(of: attack)
            #expect(faults == [])
        }
    }
}
