/// Limits the pending connections of one server; see `PendingConnections`.
package struct PendingConnectionLimits: Equatable, Sendable {
    /// Connections whose handshake has not been answered.
    package let unanswered: Int
    /// Connections whose handshake has been answered and is not complete.
    package let answered: Int

    package init(unanswered: Int, answered: Int) {
        self.unanswered = unanswered
        self.answered = answered
    }

    /// The shares of one loop, of this many connections of all loops.
    package init(places: Int, loops: Int = 1) {
        let share = max(places / loops, 4)
        self.init(unanswered: share - share / 4, answered: share / 4)
    }
}
