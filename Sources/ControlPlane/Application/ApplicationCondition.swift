internal import Synchronization

/// The latest verdict on the application behind a worker. The control loop writes it, and each data loop reads it for the
/// answers to probes.
package final class ApplicationCondition: Sendable {
    /// The most probes that wait for the first verdict. Only balancers probe, once a second each.
    private static let maximumWaiting = 64

    private struct State {
        var verdict: ApplicationVerdict?
        var waiting: [@Sendable (ApplicationVerdict) -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The latest verdict; nil before the first one.
    package var verdict: ApplicationVerdict? { state.withLock { $0.verdict } }

    /// Calls `completion` with the latest verdict: at once, or on the control loop when the first one comes.
    package func whenKnown(_ completion: @escaping @Sendable (ApplicationVerdict) -> Void) {
        let verdict: ApplicationVerdict? = state.withLock { state in
            if let verdict = state.verdict { return verdict }
            guard state.waiting.count < ApplicationCondition.maximumWaiting else {
                return .ill("the application has not been checked yet")
            }
            state.waiting.append(completion)
            return nil
        }
        if let verdict { completion(verdict) }
    }

    func publish(_ verdict: ApplicationVerdict) {
        let waiting = state.withLock { state in
            state.verdict = verdict
            defer { state.waiting = [] }
            return state.waiting
        }
        for completion in waiting { completion(verdict) }
    }
}
