import Cluster
import Foundation
import Testing

@Suite struct NodeIDTests {
    @Test(arguments: ["a", "0", "worker-8001", "a.b-c", "9.", String(repeating: "x", count: 63)])
    func good(text: String) {
        #expect(NodeID(text)?.text == text)
    }

    @Test(arguments: [
        "", "-a", ".a", "A", "worker_1", "a/b", "a b", "ä", "a\0", "a\n", "e\u{301}", "..",
        String(repeating: "x", count: 64),
    ])
    func bad(text: String) throws {
        #expect(NodeID(text) == nil)
        let json = try JSONEncoder().encode([text])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([NodeID].self, from: json) }
    }

    @Test func onTheWireItIsPlainText() throws {
        let json = try JSONEncoder().encode(id("worker-8001"))
        #expect(String(decoding: json, as: UTF8.self) == "\"worker-8001\"")
        #expect(try JSONDecoder().decode(NodeID.self, from: json) == id("worker-8001"))
    }

    @Test func anEpochOnTheWireIsAPlainNumber() throws {
        let json = try JSONEncoder().encode([Epoch(7), Epoch(.max)])
        #expect(String(decoding: json, as: UTF8.self) == "[7,18446744073709551615]")
        #expect(try JSONDecoder().decode([Epoch].self, from: json) == [Epoch(7), Epoch(.max)])
        #expect(Epoch(.max).next == Epoch(.max))
        #expect(Epoch.none.next == Epoch(1))
    }
}
