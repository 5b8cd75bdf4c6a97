/// The client's next duty in an exchange, and its deadline.
struct ExchangeDeadline: Equatable {
    enum Duty: Equatable {
        /// The server takes the next step.
        case nothing
        /// Take the output that waits.
        case takeOutput
        /// Wait for a 100 before the content. When the time is over, the server sends it.
        case waitForContinue
        /// Send more of the request's content.
        case sendContent(isCounted: Bool)
        /// Finish a request whose response is complete.
        case sendRest
        /// Move bytes through the tunnel.
        case useTunnel
        /// End the second direction of the tunnel, or move bytes.
        case endTunnel
        /// Wait for the answer, although the client has ended its side of the connection.
        case waitForAnswer
        /// End the tunnel: the server drains.
        case drain
    }

    /// Nanoseconds of the loop's clock; `ExchangeClock.never` for `.nothing`.
    let at: UInt64
    let duty: Duty

    /// The limit that the client has reached by missing the deadline; nil if a missed deadline is no fault.
    var limit: ClientLimit? {
        switch duty {
        case .takeOutput: .stallTimeout
        case .sendContent(let isCounted): isCounted ? .stallTimeout : .streamTimeout
        case .useTunnel: .tunnelTimeout
        case .endTunnel: .tunnelHalfClosedTimeout
        case .waitForAnswer: .halfClosedTimeout
        case .nothing, .waitForContinue, .sendRest, .drain: nil
        }
    }
}
