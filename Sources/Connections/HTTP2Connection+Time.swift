internal import HTTP2
internal import Sockets

/// The deadlines of a connection, and the steps when they end.
extension HTTP2Connection {
    func set(_ deadline: WritableKeyPath<HTTP2Deadlines, UInt64>, _ milliseconds: Int) {
        deadlines[keyPath: deadline] = loop.now &+ UInt64(clamping: milliseconds) &* 1_000_000
        updateTimer()
    }

    func updateTimer() {
        let earliest = deadlines.earliest
        if earliest == HTTP2Deadlines.never { timer.cancel() } else { timer.set(at: earliest) }
    }

    func timedOut() {
        let now = loop.now
        if now >= deadlines.stall { return stalled() }
        if now >= deadlines.shutdown { finishShutdown() }
        if now >= deadlines.halfClosed {
            server.counters.count(.halfClosedTimeout)
            return close()
        }
        if now >= deadlines.head {
            deadlines.head = HTTP2Deadlines.never
            server.counters.count(.headTimeout)
            session?.terminate(.enhanceYourCalm)
            loop.callAtEndOfTurn(self)
        }
        if now >= deadlines.idle {
            if phase == .lingering { return lingeredLongEnough() }
            deadlines.idle = HTTP2Deadlines.never
            server.counters.count(.idleTimeout)
            session?.terminate(.none)
            loop.callAtEndOfTurn(self)
        }
        updateTimer()
    }
}
