import Cluster
import Testing

/// The ends of a reign.
@Suite struct ReignEndTests {
    @Test func `A stop releases the lock only after every loop has stopped accepting`() {
        let process = ReignConversation.reigning()
        #expect(process.feed(.stopRequested) == [.stopAccepting(.requested)])
        #expect(process.feed(.stopRequested) == [])
        #expect(process.feed(.acceptingStopped) == [.release, .closeControl, .watchSuccessor, .drain])
        #expect(process.feed(.successorFound(Epoch(6))) == [.adoptEpoch(Epoch(6))])
        #expect(process.feed(.drained) == [.exit(.done)])
        #expect(ReignExit.done.status == 0)
    }

    @Test func `Requests that do not end in time are dropped`() {
        let process = ReignConversation.reigning()
        _ = process.feed(.stopRequested)
        #expect(process.tick() == nil, "the time begins when nothing is accepted any more")
        _ = process.feed(.acceptingStopped)
        #expect(process.tick() == [.exit(.drainTimedOut(isOrderly: true))])
        #expect(process.now == at(30_000))
    }

    @Test(arguments: [ReignEvent.superseded(by: Epoch(9)), .coordinator(.lost("the lock file is another one"))])
    func `A fenced balancer stops accepting, then releases, then ends with status 1`(event: ReignEvent) {
        let process = ReignConversation.reigning()
        let effects = process.feed(event)
        #expect(!effects.contains(.release))
        guard case .stopAccepting(let reason) = effects.last else {
            Issue.record("it goes on: \(effects)")
            return
        }
        #expect(!reason.isOrderly)
        #expect(process.reign.stage == .leaving)
        #expect(process.feed(.acceptingStopped) == [.release, .closeControl, .drain])
        #expect(process.feed(.successorFound(Epoch(9))) == [], "it takes no other epoch")
        #expect(process.feed(.drained) == [.exit(.fenced)])
        #expect(ReignExit.fenced.status == 1)
    }

    @Test func `A superseded balancer tells its workers before it ends`() {
        let process = ReignConversation.reigning()
        #expect(
            process.feed(.superseded(by: Epoch(9)))
                == [.announceSuperseded(Epoch(9)), .stopAccepting(.superseded(by: Epoch(9)))])
    }

    @Test func `The lock goes to the successor only after every loop has stopped accepting`() {
        let process = ReignConversation.reigning()
        #expect(process.feed(.successorAsked) == [.stopAccepting(.replaced)])
        #expect(process.feed(.successorReigns(Epoch(6))) == [], "it has no lock yet")
        #expect(process.feed(.acceptingStopped) == [.yieldLock, .release])
        #expect(
            process.feed(.successorReigns(Epoch(6)))
                == [.adoptEpoch(Epoch(6)), .announceSuccessor(Epoch(6)), .closeControl, .drain])
        #expect(process.feed(.successorLost) == [], "the successor reigns: its connection may end")
        #expect(process.feed(.drained) == [.exit(.done)])
    }

    @Test func `One successor at a time gets the lock`() {
        let process = ReignConversation.reigning()
        _ = process.feed(.successorAsked)
        #expect(process.feed(.successorAsked) == [.refuseSuccessor])
        let parked = ReignConversation.parked()
        #expect(parked.feed(.successorAsked) == [.refuseSuccessor])
    }

    @Test func `A successor that is lost early leaves the reign to the workers, after accepting has stopped`() {
        let process = ReignConversation.reigning()
        _ = process.feed(.successorAsked)
        #expect(process.feed(.successorLost) == [])
        #expect(process.feed(.acceptingStopped) == [.release, .closeControl, .watchSuccessor, .drain])
    }

    @Test func `A successor that does not reign in time is killed`() {
        let process = ReignConversation.reigning()
        _ = process.feed(.successorAsked)
        _ = process.feed(.acceptingStopped)
        #expect(process.tick() == [.killSuccessor])
        #expect(process.now == at(5000))
        #expect(process.feed(.successorLost) == [.release, .closeControl, .watchSuccessor, .drain])
    }

    @Test func `A failure at the beginning of a reign ends a standby and reports it`() {
        let process = ReignConversation.parked()
        _ = process.feed(.takeoverOrdered(after: Epoch(7)))
        _ = process.feed(.coordinator(.granted(Epoch(8))))
        _ = process.feed(.firstWorkerReady)
        let failure = ReignFailure("handover.sock can't be made")
        #expect(process.feed(.failed(failure)) == [.stopAccepting(.failed(failure))])
        #expect(
            process.feed(.acceptingStopped)
                == [.release, .closeControl, .report(.failed(failure.text)), .watchSuccessor, .drain])
        #expect(process.feed(.successorFound(Epoch(9))) == [.adoptEpoch(Epoch(9))], "its requests are finished")
        #expect(process.feed(.drained) == [.exit(.failed(failure))])
        #expect(process.reign.stage == .ended)
    }

    @Test func `Requests of a reign that failed do not keep its process`() {
        let process = ReignConversation.parked()
        _ = process.feed(.takeoverOrdered(after: Epoch(7)))
        _ = process.feed(.coordinator(.granted(Epoch(8))))
        _ = process.feed(.firstWorkerReady)
        let failure = ReignFailure("handover.sock can't be made")
        _ = process.feed(.failed(failure))
        _ = process.feed(.acceptingStopped)
        #expect(process.tick() == [.exit(.failed(failure))])
    }

    /// A coordinator with a lease renews it as long as the process lives.
    @Test func `No order of events lets a process end with its grant`() {
        let failure = ReignFailure("a fault")
        let events: [ReignEvent] = [
            .discoveryEnded(found: nil), .handoverReceived(hasListeners: true), .prepared, .warmedUp,
            .takeoverOrdered(after: Epoch(7)), .lockReceived(known: Epoch(7)), .bound, .bindFailed(failure),
            .workerLost,
            .replacementRefused(failure), .failed(failure), .firstWorkerReady, .served, .stopRequested,
            .superseded(by: Epoch(99)), .successorAsked, .successorLost, .successorReigns(Epoch(98)), .acceptingStopped,
            .successorFound(Epoch(98)), .drained, .tick, .coordinator(.held(by: "another")),
            .coordinator(.failed("away")),
            .coordinator(.lost("away")),
        ]
        let starts: [ReignEvent] = [
            .startedByOperator(addresses: [], known: .none), .startedAsStandby, .startedAsReplacement,
        ]
        var random = SeededGenerator(seed: 1)
        var ends = 0
        var endsAfterGrant = 0
        for _ in 0..<3000 {
            let process = ReignConversation()
            var isAcquiring = false
            var hasGrant = false
            var hadGrant = false
            var effects = process.feed(starts[Int(random.below(UInt32(starts.count)))])
            for _ in 0..<40 {
                for effect in effects {
                    switch effect {
                    case .acquire: isAcquiring = true
                    case .release: hasGrant = false
                    case .exit:
                        #expect(!hasGrant, "the process ends with its grant: \(effects)")
                        ends += 1
                        endsAfterGrant += hadGrant ? 1 : 0
                    default: break
                    }
                }
                guard process.reign.stage != .ended else { break }
                if isAcquiring, random.below(2) == 0 {
                    isAcquiring = false
                    hasGrant = true
                    hadGrant = true
                    effects = process.feed(.coordinator(.granted(Epoch(8))))
                } else {
                    process.now = process.now.advanced(byMilliseconds: Int64(random.below(3) * 1000))
                    effects = process.feed(events[Int(random.below(UInt32(events.count)))])
                }
            }
        }
        #expect(ends > 1000 && endsAfterGrant > 50, "\(ends) ends, \(endsAfterGrant) after a grant")
    }
}
