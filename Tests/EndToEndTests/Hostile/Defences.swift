import Testing

/// What the programs have to refuse: attacks, claims, broken messages and wrong settings. One test at a time. These tests run
/// in parallel with the other groups.
@Suite(.serialized, .timeLimit(.minutes(4)), .showingLogs)
enum Defences {}
