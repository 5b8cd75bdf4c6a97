/// The time of the client's next step.
extension ServerExchange {
    /// The client's next duty, and its deadline.
    ///
    /// - Parameter outputLateAt: the instant from which the client is late in taking output; `never` while no output
    ///   waits.
    func deadline(outputLateAt: UInt64, limits: borrowing DownstreamLimits) -> ExchangeDeadline {
        if clock.drainEndsAt != ExchangeClock.never { return ExchangeDeadline(at: clock.drainEndsAt, duty: .drain) }
        if outputLateAt != ExchangeClock.never { return ExchangeDeadline(at: outputLateAt, duty: .takeOutput) }
        switch request {
        case .tunnel where answerer != .nobody, .tunnelEnded where answerer != .nobody:
            let isHalf = isInputEnded || response == .tunnelEnded
            let silence = isHalf ? limits.tunnelHalfClosedMilliseconds : limits.tunnelIdleMilliseconds
            return ExchangeDeadline(
                at: clock.movedAt &+ UInt64(clamping: silence) &* 1_000_000, duty: isHalf ? .endTunnel : .useTunnel)
        case .content(.open) where awaitsContinue && canRespond && !isPaused:
            return ExchangeDeadline(
                at: clock.expectsFrom &+ UInt64(clamping: limits.continueMilliseconds) &* 1_000_000,
                duty: .waitForContinue)
        case .content(.open) where !isPaused && answerer != .nobody:
            return ExchangeDeadline(at: clock.content.instant, duty: .sendContent(isCounted: clock.isCounted))
        case .unwanted where clock.restEndsAt != ExchangeClock.never:
            return ExchangeDeadline(at: clock.restLateAt, duty: .sendRest)
        case .unwanted:
            return ExchangeDeadline(at: clock.content.instant, duty: .sendContent(isCounted: clock.isCounted))
        case .whole where response == .none && clock.answerLateAt != ExchangeClock.never:
            return ExchangeDeadline(at: clock.answerLateAt, duty: .waitForAnswer)
        case .none, .content, .whole, .held, .tunnel, .tunnelEnded:
            return ExchangeDeadline(at: ExchangeClock.never, duty: .nothing)
        }
    }
}
