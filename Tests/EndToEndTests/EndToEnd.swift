import Testing

/// Everything that starts the real executables, one test at a time: they share the machine's processors and its ports.
///
/// A failure shows the ends of the logs of the processes that took part.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum EndToEnd {}
