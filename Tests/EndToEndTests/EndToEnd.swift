import Testing

/// All tests that start the real executables, except `Scenarios`, `HostScenarios` and `Defences`. They run one at a time,
/// because they share the machine's processors.
///
/// A failure shows the ends of the logs of all processes of the test.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum EndToEnd {}
