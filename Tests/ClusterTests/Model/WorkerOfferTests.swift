import Foundation
import Testing

@testable import Cluster

@Suite struct WorkerOfferTests {
    private let text = """
        {"acrossHosts":false,"capacity":8,"host":"127.0.0.1","id":"a","incarnation":3,"maximumRequests":64,\
        "mayStandIn":true,"port":8001,"state":"ready"}
        """

    /// An earlier version wrote the fields of an offer beside those of the record, and expects them there.
    @Test func `The fields of an offer stand beside those of the record`() throws {
        let record = try JSONDecoder().decode(WorkerRecord.self, from: Data(text.utf8))
        #expect(record.offer == WorkerOffer(capacity: 8, maximumRequests: 64))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(record), as: UTF8.self) == text)
    }

    @Test func `A registration has the same form, and the limit has a default`() throws {
        let registration = Registration(
            id: id("a"), host: "::1", port: 1, incarnation: 0, mayStandIn: true,
            offer: WorkerOffer(capacity: 2, maximumRequests: 7), maximumEpochSeen: Epoch(5))
        let bytes = try JSONEncoder().encode(registration)
        let fields = try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        #expect(fields["capacity"] as? Int == 2 && fields["maximumRequests"] as? Int == 7 && fields["offer"] == nil)
        #expect(try JSONDecoder().decode(Registration.self, from: bytes) == registration)
        let old = String(decoding: bytes, as: UTF8.self).replacing(/"maximumRequests":7,?/, with: "")
        let read = try JSONDecoder().decode(Registration.self, from: Data(old.utf8))
        #expect(read.offer == WorkerOffer(capacity: 2))
    }

    @Test func `A record passes through a registration unchanged`() {
        var worker = record(8001, incarnation: 7, state: .joining).living(in: 2)
        worker.offer = WorkerOffer(capacity: 8, maximumRequests: 64)
        let registration = Registration(of: worker, maximumEpochSeen: Epoch(5))
        #expect(registration.maximumEpochSeen == Epoch(5))
        #expect(registration.record == worker)
    }

    @Test func `Values out of range are a problem, or are moved into the range`() {
        #expect(WorkerOffer().problem == nil)
        #expect(WorkerOffer(capacity: 1000, maximumRequests: 65_535).problem == nil)
        for offer in [(0, 0), (1001, 0), (1, -1), (1, 65_536)].map({ WorkerOffer(capacity: $0, maximumRequests: $1) }) {
            #expect(offer.problem != nil)
            #expect(offer.bounded(capacity: 16).problem == nil)
        }
        #expect(WorkerOffer(capacity: 99).bounded(capacity: 16).capacity == 16)
    }
}
