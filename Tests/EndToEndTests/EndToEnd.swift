import Testing

/// Everything that starts the real executables, but for `Scenarios`, one test at a time: they share the machine's processors.
///
/// A failure shows the ends of the logs of the processes that took part.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum EndToEnd {}
