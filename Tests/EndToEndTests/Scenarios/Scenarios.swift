import Testing

/// Faults of real processes, one test at a time. These tests mostly wait, so they run in parallel with the other groups.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum Scenarios {}
