import Cluster
import Testing

@testable import ControlPlane
@testable import Storage

@Suite(.timeLimit(.minutes(5))) struct WorkerListTextTests {
    private static func record(_ number: Int, _ state: WorkerState = .ready) -> WorkerRecord {
        WorkerRecord(
            id: NodeID("worker-\(number)")!, host: "127.0.0.1", port: UInt16(number), incarnation: 1, mayStandIn: true,
            lockDomain: LockDomain("0123456789abcdef"), state: state)
    }

    private static func whole(_ snapshot: Snapshot) -> WatchAnswer {
        WatchAnswer(epoch: snapshot.epoch, version: snapshot.version, snapshot: snapshot)
    }

    @Test func theTextEqualsTheEncoders() {
        var list = WorkerListText()
        var snapshot = Snapshot(epoch: Epoch(3), version: 1, workers: [])
        // Workers join, change and leave. Stored text of earlier versions must not appear.
        let steps: [(inout [WorkerRecord]) -> Void] = [
            { _ in },
            { $0.append(WorkerListTextTests.record(1)) },
            { $0.append(WorkerListTextTests.record(2)) },
            { $0[0].state = .suspect },
            { $0[0] = WorkerListTextTests.record(1) },
            { $0.removeFirst() },
            { $0.removeAll() },
        ]
        for step in steps {
            step(&snapshot.workers)
            snapshot.version += 1
            let text = list.encode(snapshot, in: WorkerListTextTests.whole)
            #expect(text == JSON.encode(WorkerListTextTests.whole(snapshot)))
            // The same version again, in another answer.
            let other = list.encode(snapshot) {
                RegistrationAnswer(snapshot: $0, settings: ClusterSettings(), configuration: nil)
            }
            let expected = RegistrationAnswer(snapshot: snapshot, settings: ClusterSettings(), configuration: nil)
            #expect(other == JSON.encode(expected))
        }
    }

    @Test func aNewReignIsNotTakenForTheLast() {
        var list = WorkerListText()
        for (epoch, workers) in [(1, [1, 2]), (2, [3])] {
            let snapshot = Snapshot(
                epoch: Epoch(UInt64(epoch)), version: 5, workers: workers.map { WorkerListTextTests.record($0) })
            let text = list.encode(snapshot, in: WorkerListTextTests.whole)
            #expect(text == JSON.encode(WorkerListTextTests.whole(snapshot)))
        }
    }

    @Test func aTextThatLooksLikeAListIsLeftAlone() {
        struct Tricky: Encodable {
            let snapshot: Snapshot
            let zeal = #""workers":[]"#
        }
        var list = WorkerListText()
        let snapshot = Snapshot(epoch: Epoch(1), version: 2, workers: [WorkerListTextTests.record(1)])
        let text = list.encode(snapshot) { Tricky(snapshot: $0) }
        #expect(text == JSON.encode(Tricky(snapshot: snapshot)))
    }
}
