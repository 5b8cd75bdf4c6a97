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
        #expect(process.feed(.failed(failure)) == [.report(.failed(failure.text)), .exit(.failed(failure))])
    }
}
