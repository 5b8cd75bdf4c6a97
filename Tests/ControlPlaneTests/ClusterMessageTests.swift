import Cluster
import Testing

@testable import ControlPlane
@testable import Storage

@Suite struct ClusterMessageTests {
    private func body(_ text: String, padding: Int = 0) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: padding)
    }

    @Test func readsAMessageOfItsKind() throws {
        guard case .discover(let request) = ClusterMessage(.discover, from: body(#"{"epochSeen":7}"#)) else {
            Issue.record("not understood")
            return
        }
        #expect(request.epochSeen == Epoch(7))
        #expect(ClusterMessage(.watch, from: body(#"{"epochSeen":7}"#)) == nil)
        #expect(ClusterMessage(.discover, from: body("[]")) == nil)
        #expect(ClusterMessage(.discover, from: []) == nil)
    }

    /// Decoding takes time in proportion to the length, whatever the content.
    @Test(arguments: [ClusterMessage.Kind.register, .watch, .discover, .drain, .leave])
    func decodesNothingThatIsTooLong(kind: ClusterMessage.Kind) {
        let text =
            #"{"id":"a","incarnation":1,"epochSeen":7,"snapshotEpoch":0,"snapshotVersion":0,"inFlight":0,"#
            + #""host":"h","port":1,"mayStandIn":false,"capacity":1,"maximumEpochSeen":0}"#
        let room = kind.maximumBody - text.utf8.count
        #expect(ClusterMessage(kind, from: body(text, padding: room)) != nil)
        #expect(ClusterMessage(kind, from: body(text, padding: room + 1)) == nil)
    }

    /// Nodes of an earlier version neither send the mark of a start nor know it.
    @Test func theMarkOfAStartMayBeMissing() throws {
        let id = try #require(NodeID("a"))
        let watch = Watch(
            id: id, incarnation: 1, startMark: 7, epochSeen: Epoch(1), snapshotEpoch: .none, snapshotVersion: 0,
            inFlight: 0)
        let record = WorkerRecord(id: id, host: "h", port: 1, incarnation: 1, startMark: 7, mayStandIn: false)
        #expect(JSON.decode(Watch.self, from: JSON.encode(watch)) == watch)
        #expect(JSON.decode(WorkerRecord.self, from: JSON.encode(record)) == record)
        #expect(JSON.decode(Registration.self, from: JSON.encode(Registration(of: record))) == Registration(of: record))
        let old = #"{"id":"a","incarnation":1,"epochSeen":1,"snapshotEpoch":0,"snapshotVersion":0,"inFlight":0}"#
        #expect(JSON.decode(Watch.self, from: body(old)) != nil)
        guard case .drain(let departure) = ClusterMessage(.drain, from: body(#"{"id":"a","incarnation":1}"#)) else {
            Issue.record("not understood")
            return
        }
        #expect(departure.startMark == nil)
        let text = String(decoding: JSON.encode(departure), as: UTF8.self)
        #expect(text == #"{"id":"a","incarnation":1}"#)
    }

    @Test func theLargestMessageOfAWorkerFits() {
        let name = String(repeating: "a", count: NodeID.maximumLength)
        guard let id = NodeID(name), let lockDomain = LockDomain(String(repeating: "h", count: 32)) else {
            Issue.record("no names")
            return
        }
        let registration = Registration(
            id: id, host: String(repeating: "h", count: 255), port: 65535, incarnation: .max, startMark: .max,
            mayStandIn: true, offer: WorkerOffer(capacity: 1000, maximumRequests: 65535), lockDomain: lockDomain,
            acrossHosts: true,
            maximumEpochSeen: .ceiling)
        #expect(8 * JSON.encode(registration).count <= ClusterMessage.Kind.register.maximumBody)
        let watch = Watch(
            id: id, incarnation: .max, startMark: .max, epochSeen: .ceiling, snapshotEpoch: .ceiling,
            snapshotVersion: .max, inFlight: .max)
        #expect(2 * JSON.encode(watch).count <= ClusterMessage.Kind.watch.maximumBody)
    }
}
