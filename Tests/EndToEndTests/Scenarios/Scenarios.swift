import Testing

/// Faults of real processes, hosts and networks, one test at a time; mostly they wait, so they run beside `EndToEnd`.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum Scenarios {}
