import Cluster

/// The parts that the worlds of all kinds of histories share: virtual time, randomness, the trace and the first violation.
protocol SimulatedWorld: AnyObject {
    associatedtype Event

    var random: SeededGenerator { get set }
    var now: Instant { get set }
    var queue: EventQueue<Event> { get set }
    var violations: [Violation] { get set }
    /// The number of events until now.
    var steps: Int { get set }
    var coverage: Coverage { get }
    /// A function that gets each line of the trace.
    var trace: ((String) -> Void)? { get set }

    /// The event of a regular inspection, and its interval.
    static var inspection: (event: Event, milliseconds: Int64) { get }
    static func isInspection(_ event: Event) -> Bool
    /// Checks the invariants that are too costly for every event.
    func inspect()
    func perform(_ event: Event)
    /// Checks the invariants that hold after every event.
    func checkAcceptors()
    /// Runs the whole history.
    func run()
}

extension SimulatedWorld {
    /// The beginning of every history.
    static var start: Instant { Instant(nanoseconds: 1_000_000_000) }

    /// Advances the time until `end`, until `isDone` at an inspection, or until a violation.
    ///
    /// Returns true only for `isDone`.
    func advance(to end: Instant, until isDone: () -> Bool) -> Bool {
        while violations.isEmpty, let next = queue.pop() {
            if next.instant > end {
                push(next.instant, next.event)
                now = end
                return false
            }
            now = max(now, next.instant)
            steps += 1
            if Self.isInspection(next.event) {
                let inspection = Self.inspection
                push(after(milliseconds: inspection.milliseconds), inspection.event)
                inspect()
                if isDone() { return true }
                continue
            }
            perform(next.event)
            checkAcceptors()
        }
        return false
    }

    func violate(_ invariant: Invariant, _ detail: @autoclosure () -> String) {
        guard violations.isEmpty else { return }
        let violation = Violation(invariant: invariant, detail: detail())
        violations.append(violation)
        tell("VIOLATION \(violation)")
    }

    /// Adds one line to the trace.
    func tell(_ text: @autoclosure () -> String) {
        guard let trace else { return }
        let microseconds = (now.nanoseconds - Self.start.nanoseconds) / 1000
        let digits = String(microseconds % 1_000_000)
        let fraction = String(repeating: "0", count: 6 - digits.utf8.count) + digits
        trace("\(microseconds / 1_000_000).\(fraction) \(text())")
    }

    // MARK: Time and randomness

    func push(_ instant: Instant, _ event: Event) { queue.push(instant, event) }

    func after(milliseconds: Int64) -> Instant { now.advanced(byMilliseconds: milliseconds) }

    /// A random instant after now. The range gives its distance from now, in milliseconds.
    func after(_ range: ClosedRange<UInt32>) -> Instant { after(milliseconds: some(range)) }

    func some(_ range: ClosedRange<UInt32>) -> Int64 {
        Int64(range.lowerBound + random.below(range.upperBound - range.lowerBound + 1))
    }

    func chance(_ percent: UInt32) -> Bool { random.below(100) < percent }

    func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[Int(random.below(UInt32(elements.count)))]
    }
}
