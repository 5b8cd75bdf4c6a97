/// Finds a connection whose peer has gone without a word, or stands still (RFC 9113 6.7).
///
/// While a request is in progress and no byte arrives, a PING asks for one. A peer that does not answer soon gets
/// no more requests. If it is silent for long, the connection is dead. A peer may be busy with a request and answer late,
/// so the second time is much longer than the first.
///
/// Servers punish clients that ping too often: gRPC servers end a connection after the third PING within five minutes
/// without content in between. So the silence before the next PING grows each time, until a response brings something.
/// The value does no I/O and reads no clock.
struct PingWatch {
    enum Step: Equatable {
        case nothing
        case ping
        case dead
    }

    /// The silence before the second PING, and before each further one, in nanoseconds.
    private static let laterSilences: [UInt64] = [60_000_000_000, 310_000_000_000]

    private let silence: UInt64
    private let answerTime: UInt64
    private let deadTime: UInt64
    private var heardAt: UInt64 = 0
    /// The time of the PING that the peer has not answered.
    private var pingedAt: UInt64?
    /// PINGs since the last useful frame.
    private var pings = 0
    /// The peer does not answer a PING. It gets no more requests.
    private(set) var isUnanswered = false

    init(limits: UpstreamLimits) {
        silence = UInt64(clamping: limits.http2PingMilliseconds) &* 1_000_000
        answerTime = UInt64(clamping: limits.http2PingAnswerMilliseconds) &* 1_000_000
        deadTime = UInt64(clamping: limits.http2PingDeadMilliseconds) &* 1_000_000
    }

    /// The first request is in progress. Silence before it says nothing.
    mutating func begin(now: UInt64) {
        heardAt = now
        pingedAt = nil
    }

    /// Bytes have arrived.
    mutating func heard(now: UInt64) {
        heardAt = now
        pingedAt = nil
        isUnanswered = false
    }

    /// A part of a response has arrived.
    mutating func gotResponse() { pings = 0 }

    /// The instant to ask for the next step.
    var nextAt: UInt64 {
        if let pingedAt { return pingedAt &+ (isUnanswered ? deadTime : min(answerTime, deadTime)) }
        let later = PingWatch.laterSilences
        return heardAt &+ (pings == 0 ? silence : max(silence, later[min(pings, later.count) - 1]))
    }

    /// The step at this instant.
    mutating func next(now: UInt64) -> Step {
        guard now >= nextAt else { return .nothing }
        if let pingedAt {
            if now >= pingedAt &+ deadTime { return .dead }
            isUnanswered = true
            return .nothing
        }
        pings += 1
        pingedAt = now
        return .ping
    }
}
