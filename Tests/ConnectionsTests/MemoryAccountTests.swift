import Connections
import Sockets
import TestSupport
import Testing

/// The used part of a budget, and the resulting limit of a buffer.
@Suite(.timeLimit(.minutes(5))) struct MemoryAccountTests {
    /// A connection's ledger, on the loop of a server with an account.
    private static func withServer(limit: Int, _ body: (TestServer, MemoryAccount) throws -> Void) throws {
        let account = MemoryAccount(limit: limit)
        let server = try ScriptedServer { _ in }.test
        server.onLoop { $0.memory = account }
        try body(server, account)
    }

    private static func ledger(of server: TestServer, _ account: MemoryAccount, source: String? = nil) -> MemoryLedger {
        let key = source.flatMap { SourceKey(host: $0) }
        return server.onLoop { MemoryLedger(account: account, source: key, server: $0) }
    }

    @Test(arguments: [(0, 64), (50, 64), (51, 16), (75, 16), (76, 4), (87, 4), (88, 4), (200, 4)])
    func aBufferHoldsLessTheMoreIsUsed(percent: Int, kibibytes: Int) throws {
        try MemoryAccountTests.withServer(limit: 100 << 20) { server, account in
            let ledgers = (0..<200).map { _ in MemoryAccountTests.ledger(of: server, account) }
            // A percent of the process's budget and half of a connection's each.
            server.onLoop { _ in for ledger in ledgers.prefix(2 * percent) { ledger.change(by: 512 << 10 - 1) } }
            #expect(server.onLoop { _ in ledgers[199].bound(64 << 10) } == kibibytes << 10 || percent == 200)
        }
    }

    @Test func smallChangesDontReachTheAccount() throws {
        try MemoryAccountTests.withServer(limit: 100 << 20) { server, account in
            let ledger = MemoryAccountTests.ledger(of: server, account)
            server.onLoop { _ in ledger.change(by: MemoryLedger.step - 1) }
            #expect(account.current == 0)
            server.onLoop { _ in ledger.change(by: 1) }
            #expect(account.current == MemoryLedger.step)
            server.onLoop { _ in ledger.change(by: -MemoryLedger.step) }
            #expect(account.current == 0)
        }
    }

    @Test func aSourceHasAHalf() throws {
        try MemoryAccountTests.withServer(limit: 80 << 20) { server, account in
            let greedy = (0..<80).map { _ in MemoryAccountTests.ledger(of: server, account, source: "192.0.2.1") }
            let other = MemoryAccountTests.ledger(of: server, account, source: "192.0.2.2")
            server.onLoop { _ in for ledger in greedy.prefix(62) { ledger.change(by: 512 << 10 - 1) } }
            #expect(server.onLoop { _ in greedy[79].pressure } == .severe)
            #expect(server.onLoop { _ in other.pressure } == .low)
        }
    }

    @Test func aConnectionHasABudgetOfItsOwn() throws {
        try MemoryAccountTests.withServer(limit: 1 << 30) { server, account in
            let ledger = MemoryAccountTests.ledger(of: server, account)
            server.onLoop { _ in ledger.change(by: MemoryAccount.connectionBudget / 2) }
            #expect(server.onLoop { _ in ledger.pressure } == .high)
            server.onLoop { _ in ledger.change(by: MemoryAccount.connectionBudget / 2) }
            #expect(server.onLoop { _ in ledger.bound(64 << 10) } == 4 << 10)
        }
    }
}
