internal import HTTP
internal import HTTP2
internal import Sockets

/// What a stream waits for, and until when: for the client to take what is written, else for it to send its content.
extension HTTP2Stream {
    /// Gives the client the whole time for the next piece of content.
    func beginContentTime() {
        contentDeadline.restart(now: loop.now)
        updateTimer()
    }

    /// Content has come.
    func contentMoved(_ count: Int) {
        contentDeadline.moved(count, now: loop.now)
        updateTimer()
    }

    /// Content for the client has been written, and perhaps has gone already.
    func outputAdded() {
        if !output.isEmpty && !isOutputTimed {
            isOutputTimed = true
            outputDeadline.restart(now: loop.now)
            updateTimer()
        } else if output.isEmpty {
            updateTimer()
        }
    }

    /// Content has gone into frames.
    func outputMoved(_ count: Int) {
        if isOutputTimed { outputDeadline.moved(count, now: loop.now) }
        if output.isEmpty { isOutputTimed = false }
        // A stream in both directions is alive as long as one of them moves.
        if !isCounted { contentDeadline.restart(now: loop.now) }
        updateTimer()
    }

    private var isHalfClosed: Bool { isResponseEnded || isInputEnded }

    private var awaitsContent: Bool { !isInputEnded && !isReadingPaused && isExchangeActive }

    func updateTimer() {
        guard isOpen, !isTunnelDraining else { return }
        let limits = server.limits
        if !output.isEmpty {
            timer.set(at: outputDeadline.instant)
        } else if isTunnel {
            timer.set(
                afterMilliseconds: isHalfClosed ? limits.tunnelHalfClosedMilliseconds : limits.tunnelIdleMilliseconds)
        } else if awaitsContent && !asksForTunnel {
            timer.set(at: contentDeadline.instant)
        } else {
            timer.cancel()
        }
    }

    /// Says what becomes of the stream when its time is up.
    func timedOut() {
        guard isOpen else { return }
        if !output.isEmpty && connection.isStuck && !isTunnelDraining {
            // The connection as a whole is slow, and has a deadline of its own.
            outputDeadline.restart(now: loop.now)
            return updateTimer()
        }
        if isLingering {
            connection.session?.reset(id, .none)
            loop.callAtEndOfTurn(connection)
            return
        }
        if let limit = reachedLimit { server.counters.count(limit) }
        if output.isEmpty && !isInputEnded && canRespond && !asksForTunnel {
            answerAlone(status: 408, "the request's content did not come in time")
        } else {
            giveUp()
            connection.session?.reset(id, .cancel)
            loop.callAtEndOfTurn(connection)
        }
    }

    private var reachedLimit: ClientLimit? {
        if isTunnelDraining { return nil }
        if !output.isEmpty { return .stallTimeout }
        if isTunnel { return isHalfClosed ? .tunnelHalfClosedTimeout : .tunnelTimeout }
        return isCounted ? .stallTimeout : .streamTimeout
    }
}
