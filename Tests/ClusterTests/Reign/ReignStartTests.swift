import Cluster
import Testing

/// The ways to a reign.
@Suite struct ReignStartTests {
    private let rival = RivalReign(address: BalancerAddress(host: "10.0.0.2", port: 7000), epoch: Epoch(9))
    private let failure = ReignFailure("the port is in use")

    @Test func `An operator's start gets the lock before it binds and accepts last`() {
        let process = ReignConversation()
        #expect(process.feed(.startedByOperator(addresses: [], known: Epoch(4))) == [.prepare])
        #expect(process.feed(.prepared) == [.acquire(after: Epoch(4))])
        #expect(process.feed(.coordinator(.granted(Epoch(5)))) == [.bind])
        #expect(process.feed(.bound) == [.accept(Epoch(5)), .serve(Epoch(5))])
        #expect(process.reign.stage == .reigning)
        #expect(process.feed(.served) == [])
    }

    @Test func `An operator's start asks the other hosts first`() {
        let process = ReignConversation()
        let event = ReignEvent.startedByOperator(addresses: [rival.address], known: Epoch(4))
        #expect(process.feed(event) == [.discover([rival.address])])
        let other = process.copy()
        #expect(process.feed(.discoveryEnded(found: rival)) == [.exit(.reignsElsewhere(rival))])
        #expect(other.feed(.discoveryEnded(found: nil)) == [.prepare])
    }

    @Test func `An operator's start ends at once when the lock is held`() {
        let process = ReignConversation()
        _ = process.feed(.startedByOperator(addresses: [], known: .none))
        _ = process.feed(.prepared)
        #expect(process.feed(.coordinator(.held(by: "process 7"))) == [.exit(.held(by: "process 7"))])
    }

    @Test func `A stop before the reign ends an operator's start and releases the grant`() {
        let process = ReignConversation()
        _ = process.feed(.startedByOperator(addresses: [], known: .none))
        _ = process.feed(.prepared)
        #expect(process.feed(.stopRequested) == [.release, .exit(.done)])
        #expect(process.feed(.coordinator(.granted(Epoch(1)))) == [.release], "the grant came too late")
    }

    @Test func `A parked standby with listeners asks for the lock and accepts`() {
        let process = ReignConversation()
        #expect(process.feed(.startedAsStandby) == [])
        #expect(process.feed(.handoverReceived(hasListeners: true)) == [.prepare])
        #expect(process.feed(.prepared) == [.warmUp, .report(.parked)])
        #expect(process.feed(.handoverReceived(hasListeners: true)) == [], "it is prepared already")
        #expect(process.feed(.takeoverOrdered(after: Epoch(7))) == [.acquire(after: Epoch(7))])
        #expect(process.feed(.coordinator(.granted(Epoch(8)))) == [.accept(Epoch(8)), .report(.accepts(Epoch(8)))])
        #expect(process.feed(.firstWorkerReady) == [.serve(Epoch(8))])
        #expect(process.feed(.firstWorkerReady) == [])
        #expect(process.feed(.served) == [.report(.started(Epoch(8)))])
        #expect(process.feed(.workerLost) == [], "a reign does not depend on the worker")
    }

    @Test func `A standby serves without a ready worker after the precedence time`() {
        let process = ReignConversation.parked()
        _ = process.feed(.takeoverOrdered(after: Epoch(7)))
        _ = process.feed(.coordinator(.granted(Epoch(8))))
        #expect(process.tick() == [.serve(Epoch(8))])
        #expect(process.now == at(20))
        #expect(process.tick() == nil)
    }

    @Test func `A standby without listeners binds before it asks for an epoch`() {
        let process = ReignConversation()
        _ = process.feed(.startedAsStandby)
        #expect(process.feed(.takeoverOrdered(after: Epoch(7))) == [.prepare])
        #expect(process.feed(.prepared) == [.bind])
        #expect(process.feed(.bindFailed(failure)) == [])
        #expect(process.tick() == [.bind])
        #expect(process.feed(.bound) == [.acquire(after: Epoch(7))])
        #expect(process.feed(.coordinator(.granted(Epoch(8)))) == [.accept(Epoch(8)), .report(.accepts(Epoch(8)))])
    }

    @Test func `A standby reports and ends when the ports stay in use`() {
        let process = ReignConversation()
        _ = process.feed(.startedAsStandby)
        _ = process.feed(.takeoverOrdered(after: Epoch(7)))
        _ = process.feed(.prepared)
        for _ in 0..<2 {
            #expect(process.feed(.bindFailed(failure)) == [])
            #expect(process.tick() == [.bind])
        }
        let end = process.feed(.bindFailed(failure))
        #expect(end == [.release, .report(.failed(failure.text)), .exit(.failed(failure))])
    }

    @Test func `A standby tries a held lock a bounded number of times`() {
        let process = ReignConversation.parked()
        _ = process.feed(.takeoverOrdered(after: Epoch(7)))
        for attempt in 1...2 {
            #expect(process.feed(.coordinator(.held(by: "process 7"))) == [])
            #expect(process.tick() == [.acquire(after: Epoch(7))])
            #expect(process.now == at(Int64(2 * attempt)))
        }
        let end = process.feed(.coordinator(.held(by: "process 7")))
        #expect(end == [.report(.held("process 7")), .exit(.held(by: "process 7"))])
    }

    @Test func `A parked standby ends with its worker and ignores signals`() {
        let process = ReignConversation.parked()
        #expect(process.feed(.stopRequested) == [])
        #expect(process.feed(.workerLost) == [.exit(.done)])
    }

    @Test func `A standby that waits for the lock ends with its worker`() {
        let process = ReignConversation.parked()
        _ = process.feed(.takeoverOrdered(after: Epoch(7)))
        #expect(process.feed(.workerLost) == [.release, .exit(.done)])
    }

    @Test func `A replacement prepares before it asks for the lock`() {
        let process = ReignConversation()
        #expect(process.feed(.startedAsReplacement) == [])
        #expect(process.feed(.handoverReceived(hasListeners: true)) == [.prepare])
        #expect(process.feed(.prepared) == [.warmUp])
        #expect(process.feed(.warmedUp) == [.requestLock])
        #expect(process.feed(.lockReceived(known: Epoch(5))) == [.acquire(after: Epoch(5))])
        #expect(process.feed(.coordinator(.granted(Epoch(6)))) == [.accept(Epoch(6)), .serve(Epoch(6))])
        #expect(process.feed(.served) == [.announceReign(Epoch(6))])
        #expect(process.feed(.replacementRefused(failure)) == [], "it reigns: the old process may end")
    }

    @Test func `A replacement ends when the balancer does not answer or refuses`() {
        let process = ReignConversation.replacement()
        let other = process.copy()
        #expect(process.feed(.replacementRefused(failure)) == [.exit(.failed(failure))])
        #expect(other.tick() == [.exit(.noAnswer)])
        #expect(other.now == at(5000))
    }

    @Test func `A failure after the grant releases it`() {
        let process = ReignConversation()
        _ = process.feed(.startedByOperator(addresses: [], known: .none))
        _ = process.feed(.prepared)
        _ = process.feed(.coordinator(.granted(Epoch(1))))
        #expect(process.feed(.bindFailed(failure)) == [.release, .exit(.failed(failure))])
    }

    @Test func `A grant that is lost before the reign ends the process`() {
        let process = ReignConversation()
        _ = process.feed(.startedByOperator(addresses: [], known: .none))
        _ = process.feed(.prepared)
        _ = process.feed(.coordinator(.granted(Epoch(1))))
        #expect(
            process.feed(.coordinator(.lost("the lease ended")))
                == [.release, .exit(.failed(ReignFailure("the lease ended")))])
        #expect(process.feed(.bound) == [], "it never accepts")
    }
}
