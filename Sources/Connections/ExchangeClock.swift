/// The instants that limit one exchange, in nanoseconds of the loop's clock.
struct ExchangeClock {
    static let never = UInt64.max

    /// The instant from which the request's content is late.
    private(set) var content: MinimumRateDeadline
    /// The length of the content is known.
    private(set) var isCounted = true
    /// The instant when bytes of the tunnel last moved, in either direction.
    private(set) var movedAt: UInt64 = 0
    /// The end of the wait for an answer, after the client has ended its side.
    var answerLateAt = ExchangeClock.never
    /// The end of a tunnel during a drain, with or without traffic.
    var drainEndsAt = ExchangeClock.never
    /// The end of the time in which the server reads the rest of an unwanted request.
    private(set) var restEndsAt = ExchangeClock.never
    /// The silence, in nanoseconds, that ends that time early; `never` for none.
    private var restSilence = ExchangeClock.never
    /// The instant when the client began to wait for a 100.
    private(set) var expectsFrom: UInt64 = 0

    init(_ content: MinimumRateDeadline) {
        self.content = content
    }

    mutating func limitContent(to deadline: MinimumRateDeadline, isCounted: Bool, now: UInt64) {
        content = deadline
        restart(now: now)
        self.isCounted = isCounted
    }

    mutating func begin() {
        isCounted = true
        answerLateAt = ExchangeClock.never
        drainEndsAt = ExchangeClock.never
        restEndsAt = ExchangeClock.never
        restSilence = ExchangeClock.never
    }

    /// Gives the client the whole time for the next piece of content, and the service the whole time for a 100.
    mutating func restart(now: UInt64) {
        content.restart(now: now)
        expectsFrom = now
    }

    mutating func limitRest(to instant: UInt64, silence: UInt64, now: UInt64) {
        restEndsAt = instant
        restSilence = silence
        movedAt = now
    }

    /// The instant from which the client is late with the rest of an unwanted request.
    var restLateAt: UInt64 {
        restSilence == ExchangeClock.never ? restEndsAt : min(restEndsAt, movedAt &+ restSilence)
    }

    mutating func inputMoved(_ count: Int, now: UInt64) {
        content.moved(count, now: now)
        movedAt = now
    }

    /// Content of unknown length has its own pace: the stream counts as active while one of its directions moves.
    mutating func outputMoved(now: UInt64) {
        movedAt = now
        if !isCounted { restart(now: now) }
    }

    mutating func moved(now: UInt64) { movedAt = now }
}
