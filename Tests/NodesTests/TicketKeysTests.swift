import Balancing
import Testing

@testable import Nodes

@Suite struct TicketKeysTests {
    @Test func keysHaveTheSizeThatOpenSSLAsksForAndDiffer() {
        let keys = (0..<20).map { _ in TicketKeys.random() }
        #expect(keys.allSatisfy { $0.count == 80 })
        #expect(Set(keys).count == 20)
    }

    /// A successor gets the ticket keys. A client's cookie then still leads to its worker.
    @Test func theSameKeysGiveTheSameNames() {
        let keys = TicketKeys.random()
        let name = Array("worker-8001".utf8)
        #expect(TicketKeys.nameSecret(from: keys)(name) == TicketKeys.nameSecret(from: keys)(name))
        #expect(TicketKeys.nameSecret(from: keys)(name) != TicketKeys.nameSecret(from: TicketKeys.random())(name))
    }
}
