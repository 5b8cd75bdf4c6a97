import Testing

@Suite(.timeLimit(.minutes(5))) struct SizeTests {
    @Test(arguments: [("Sources/", 400), ("Tests/", 600)])
    func noSwiftFileIsTooLong(folder: String, limit: Int) {
        let files = Repository.files(in: folder, endingWith: ".swift")
        #expect(!files.isEmpty)
        for path in files {
            let count = SizeTests.lines(in: Repository.text(of: path))
            #expect(count <= limit, "\(path) has \(count) lines: look for a seam")
        }
    }

    private static func lines(in text: String) -> Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

    @Test func linesAreCounted() {
        #expect(SizeTests.lines(in: "a\nb\r\n\n") == 3)
    }
}
