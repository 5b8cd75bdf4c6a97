import Synchronization
import TestSupport
import Testing

@testable import Sockets

/// Races and lookups with real sockets and the system's resolver.
@Suite(.timeLimit(.minutes(5))) struct ConnectRaceTests {
    /// The reports of the loop's thread to the test.
    private final class Report: @unchecked Sendable {
        var text = ""
        var race: ConnectRace?
        var waiter: ResolvedName.Waiter?
    }

    private func outcome(of addresses: [SocketAddress]) throws -> String {
        let thread = try TestLoop()
        defer { thread.stop() }
        let report = Report()
        thread.onLoop { [loop = thread.loop] in
            let race = ConnectRace(on: loop, to: addresses) { [unowned report] in
                switch $0 {
                case .connected(let address): report.text = "connected \(address)"
                case .failed(let error): report.text = "failed \(error.code)"
                }
            }
            report.race = race
            race.start()
        }
        #expect(thread.eventually { !report.text.isEmpty })
        return thread.onLoop {
            let hasSocket = report.race?.takeSocket() != nil
            return report.text + (hasSocket ? "" : ", no socket")
        }
    }

    @Test func `The address that accepts wins after one that refuses`() throws {
        let listener = try RawListener()
        let closed = ClosedPort()
        let refusing = try #require(SocketAddress(host: "127.0.0.1", port: closed.port))
        let accepting = try #require(SocketAddress(host: "127.0.0.1", port: listener.port))
        #expect(try outcome(of: [refusing, accepting]) == "connected \(accepting)")
        #expect(try outcome(of: [accepting, refusing]) == "connected \(accepting)")
        // ECONNREFUSED.
        #expect(try outcome(of: [refusing]) == "failed 111, no socket")
    }

    @Test func `A cancelled race calls nothing and closes its sockets`() throws {
        let listener = try RawListener()
        let accepting = try #require(SocketAddress(host: "127.0.0.1", port: listener.port))
        let thread = try TestLoop()
        defer { thread.stop() }
        let report = Report()
        thread.onLoop { [loop = thread.loop] in
            let race = ConnectRace(on: loop, to: [accepting, accepting]) { _ in report.text = "called" }
            race.start()
            race.cancel()
        }
        // The loop has had turns for the events.
        for _ in 0..<20 { _ = thread.onLoop { 0 } }
        #expect(report.text.isEmpty)
    }

    private func lookUp(_ host: String) throws -> (text: String, name: ResolvedName) {
        let thread = try TestLoop()
        defer { thread.stop() }
        let name = ResolvedName(host, port: 80, resolver: try Resolver())
        let report = Report()
        thread.onLoop { [loop = thread.loop] in
            let receive = { (result: Result<[SocketAddress], NameFailure>) in
                switch result {
                case .success(let addresses): report.text = addresses.map(\.description).joined(separator: " ")
                case .failure(let failure): report.text = "failed: \(failure.text)"
                }
            }
            let waiter = ResolvedName.Waiter(on: loop, receive: receive)
            report.waiter = waiter
            if let result = name.addresses(for: waiter, now: loop.now) { receive(result) }
        }
        #expect(thread.eventually { !report.text.isEmpty })
        return (report.text, name)
    }

    @Test func `A name is looked up on another thread, and kept`() throws {
        let (text, name) = try lookUp("localhost")
        #expect(text.contains("127.0.0.1:80") || text.contains("[::1]:80"))
        #expect(name.lastKnown.map(\.description).joined(separator: " ") == text)
        #expect(Destination.name(name).description == "localhost:80")
        #expect(Destination.name(name).details.hasPrefix("localhost:80 ("))
    }

    @Test func `A name that does not exist fails with the resolver's words`() throws {
        let (text, name) = try lookUp("no.such.name.invalid")
        #expect(text.hasPrefix("failed: ") && text.count > "failed: ".count)
        #expect(name.lastKnown.isEmpty)
    }
}
