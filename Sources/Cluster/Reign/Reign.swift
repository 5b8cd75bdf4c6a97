/// One balancer process: how it comes to reign, reigns, and ends.
///
/// Events go in, effects come out. The machine reads no clock and holds no descriptor. The process performs the effects
/// in order and feeds their answers back.
/// ```
///   cold ─ an operator started it ─▶ looking ─ no balancer elsewhere ─▶ starting     at once if no other host is known
///   cold ─ a worker started it ────▶ parked ─ takeover ordered ──────▶ starting
///   cold ─ --replace ──────────────▶ replacing ─ lock received ──────▶ starting
///   starting ─ prepared, granted, bound ─▶ reigning
///   reigning ─ stop requested, a part fails ───▶ draining ─▶ ended
///   reigning ─ later reign, fence lost ────────▶ fenced ─▶ ended
///   reigning ─ a successor asks ─▶ yielding ───▶ draining ─▶ ended
/// ```
/// From each phase before `reigning` the process may also end.
///
/// Laws:
/// - **One way to reign.** Clients are accepted under a granted epoch only, and `ReignStart` is the only way there.
/// - **Accepting ends first.** The lock is released or handed over only after every loop has stopped accepting.
/// - **A grant is used or given back.** A grant that comes too late is released. No process ends with a grant.
/// - **A fenced balancer ends.** It never accepts again, and it takes no successor's epoch.
package struct Reign: Sendable {
    private(set) var phase = ReignPhase.cold
    /// Waits that begin later use the present values.
    package var timing: ReignTiming
    private var effects: [ReignEffect] = []

    package init(timing: ReignTiming = ReignTiming()) {
        self.timing = timing
    }

    /// The time at which the process has to feed `tick`; nil for never.
    package var nextDeadline: Instant? { phase.deadline }

    /// The stage of the process.
    package var stage: ReignStage { phase.stage }

    /// The effects since the last call, in order.
    package mutating func takeEffects() -> [ReignEffect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    package mutating func feed(_ event: ReignEvent, now: Instant) {
        if let step = phase.step(on: event, now: now, timing) {
            phase = step.phase
            effects += step.effects
            return
        }
        // The phase ignores the event. Two events need an answer in every phase.
        if event == .successorAsked { effects.append(.refuseSuccessor) }
        if case .coordinator(.granted) = event { effects.append(.release) }
    }
}

/// The phase after an event, and what the process has to do.
struct ReignStep: Sendable {
    let phase: ReignPhase
    let effects: [ReignEffect]

    init(_ phase: ReignPhase, _ effects: [ReignEffect] = []) {
        self.phase = phase
        self.effects = effects
    }

    /// The process ends.
    static func exit(_ reason: ReignExit, after effects: [ReignEffect] = []) -> ReignStep {
        ReignStep(.ended, effects + [.exit(reason)])
    }
}
