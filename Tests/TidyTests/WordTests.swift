import Testing

/// Words that mark unfinished code, and calls that make tests slow and unreliable.
@Suite(.timeLimit(.minutes(5))) struct WordTests {
    /// Helpers that poll the outside world, each with a deadline.
    private static let pollingHelpers: Set = [
        "Tests/EndToEndTests/Harness/Patience.swift", "Tests/TestSupport/TestLoop.swift",
    ]

    private static func unfinished(in text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).filter { line in
            line.contains(#/\b(TODO|FIXME|XXX)\b/#) || line.contains(#/placeholder/#.ignoresCase())
        }.map(String.init)
    }

    private static func waits(in text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).filter { $0.contains(#/sleep\w*\s*[(]/#) }.map(String.init)
    }

    @Test func nothingInTheSourcesIsUnfinished() {
        let files = Repository.files(in: "Sources/")
        #expect(!files.isEmpty)
        for path in files {
            #expect(WordTests.unfinished(in: Repository.text(of: path)) == [], "\(path)")
        }
    }

    @Test func noTestSleeps() {
        for path in Repository.files(in: "Tests/", endingWith: ".swift") where !WordTests.pollingHelpers.contains(path)
        {
            #expect(WordTests.waits(in: Repository.text(of: path)) == [], "\(path): wait for what shall happen instead")
        }
        for path in WordTests.pollingHelpers { #expect(Repository.exists(path)) }
    }

    @Test func unfinishedWordsAreFound() {
        let text =
            "// TODO: more\n/* FIXME */ let a = 1\n// a Placeholder\nlet XXX = 1\nlet TODOs = 1\n// a todo list\n"
        #expect(WordTests.unfinished(in: text).count == 4)
    }

    @Test func callsThatWaitAreFound() {
        let text = ["try await Task.sleep", "usleep", "Thread.sleep", "sleep "].map { $0 + "(1)\n" }.joined()
        #expect(WordTests.waits(in: text + "asleep = true\n").count == 4)
    }
}
