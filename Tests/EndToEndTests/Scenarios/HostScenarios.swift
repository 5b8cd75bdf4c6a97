import Testing

/// Faults of hosts and networks, one test at a time. Most of them use network namespaces, mounts or other clocks.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum HostScenarios {}
