import Testing

/// Faults of real processes, hosts and networks, and the attacks of `Hostile`, one test at a time. These tests mostly wait,
/// so they run in parallel with `EndToEnd`.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum Scenarios {}
