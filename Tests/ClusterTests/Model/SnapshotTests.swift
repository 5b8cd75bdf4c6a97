import Cluster
import Foundation
import Testing

@Suite struct SnapshotTests {
    @Test(
        arguments: [
            ((2, 1), (1, 9), true), ((1, 2), (1, 1), true), ((1, 1), (1, 1), false), ((1, 1), (1, 2), false),
            ((1, 9), (2, 1), false),
        ] as [((UInt64, UInt64), (UInt64, UInt64), Bool)])
    func onlyAHigherPairSupersedes(new: (UInt64, UInt64), old: (UInt64, UInt64), expected: Bool) {
        let new = Snapshot(epoch: Epoch(new.0), version: new.1, workers: [])
        let old = Snapshot(epoch: Epoch(old.0), version: old.1, workers: [])
        #expect(new.supersedes(old) == expected)
    }

    @Test func theFormOnTheWire() throws {
        let snapshot = Snapshot(epoch: Epoch(3), version: 12, workers: [record(8001)])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(snapshot)
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"{"epoch":3,"version":12,"workers":[{"acrossHosts":false,"capacity":1,"host":"127.0.0.1","id":"worker-8001","#
                + #""incarnation":1,"maximumRequests":0,"mayStandIn":true,"port":8001,"state":"ready"}]}"#)
        #expect(try JSONDecoder().decode(Snapshot.self, from: json) == snapshot)
    }

    @Test func aRecordOfAnEarlierVersionHasNoLimit() throws {
        let json =
            #"{"epoch":3,"version":12,"workers":[{"capacity":1,"host":"127.0.0.1","id":"worker-8001","#
            + #""incarnation":1,"mayStandIn":true,"port":8001,"state":"ready"}]}"#
        let snapshot = try JSONDecoder().decode(Snapshot.self, from: Data(json.utf8))
        #expect(snapshot.workers == [record(8001)])
        #expect(snapshot.workers[0].offer.maximumRequests == 0)
    }

    @Test(arguments: [
        #"{"epoch":-1,"version":1,"workers":[]}"#, #"{"epoch":1,"version":1}"#,
        #"{"epoch":1,"version":1,"workers":[{"id":"A"}]}"#, "[]", "",
        #"{"epoch":1,"version":1,"workers":[{"capacity":1,"host":"h","id":"a","incarnation":1,"mayStandIn":true,"#
            + #""port":65536,"state":"ready"}]}"#,
        #"{"epoch":1,"version":1,"workers":[{"capacity":1,"host":"h","id":"a","incarnation":1,"mayStandIn":true,"#
            + #""port":1,"state":"glad"}]}"#,
    ])
    func nonsenseIsNotDecoded(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Snapshot.self, from: Data(json.utf8)) }
    }

    @Test func laterStartsAreKept() {
        let known = Snapshot(
            epoch: Epoch(1), version: 1,
            workers: [record(8001, incarnation: 5), record(8002, incarnation: 2), record(8004)])
        let newer = Snapshot(
            epoch: Epoch(2), version: 1,
            workers: [record(8001, incarnation: 4), record(8002, incarnation: 3), record(8003)])
        let merged = newer.keepingLaterStarts(of: known)
        #expect(merged.epoch == Epoch(2))
        #expect(
            merged.workers
                == [record(8001, incarnation: 5, state: .joining), record(8002, incarnation: 3), record(8003)])
    }
}
