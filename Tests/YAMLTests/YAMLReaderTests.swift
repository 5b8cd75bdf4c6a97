import Testing

@testable import YAML

@Suite struct YAMLReaderTests {
    private func pairs(_ text: String) -> [(String?, YAMLNode)] {
        guard case .mapping(let pairs)? = YAMLReader.read(text).root?.content else { return [] }
        return pairs.map { ($0.key.text, $0.value) }
    }

    private func mistake(_ text: String) -> String? { YAMLReader.read(text).mistake.map { "\($0.line): \($0.text)" } }

    @Test func `A mapping has its pairs in order, with their lines`() {
        let read = pairs("a: 1\n# comment\n'b': \"two\\n\"\n\nc: |\n  x\n  y\n")
        #expect(read.map(\.0) == ["a", "b", "c"])
        #expect(
            read.map(\.1) == [
                YAMLNode(.scalar("1", isPlain: true), line: 1), YAMLNode(.scalar("two\n", isPlain: false), line: 3),
                YAMLNode(.scalar("x\ny\n", isPlain: false), line: 5),
            ])
    }

    @Test func `Values are nested, in block style and in flow style`() {
        func scalar(_ text: String, _ line: Int) -> YAMLNode { YAMLNode(.scalar(text, isPlain: true), line: line) }
        let block = pairs("s:\n  - x\n  - k: v\n").first?.1
        let inBlock = YAMLNode(.mapping([YAMLPair(key: scalar("k", 3), value: scalar("v", 3))]), line: 3)
        #expect(block == YAMLNode(.sequence([scalar("x", 2), inBlock]), line: 2))
        let flow = pairs("s: [x, {k: v}]\n").first?.1
        let inFlow = YAMLNode(.mapping([YAMLPair(key: scalar("k", 1), value: scalar("v", 1))]), line: 1)
        #expect(flow == YAMLNode(.sequence([scalar("x", 1), inFlow]), line: 1))
    }

    @Test func `The complete values before a mistake remain`() {
        let document = "a: 1\nb: [x]\nc: [y, @]\nd: 2\n"
        #expect(pairs(document).map(\.0) == ["a", "b"])
        #expect(pairs("a: 1\nb: !x y\nc: 2\n").map(\.0) == ["a"])
        #expect(pairs("a: 1\nb: {c: 'x}\n").map(\.0) == ["a"])
    }

    @Test(arguments: ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "~", "null\n"])
    func `A document without a value is empty`(text: String) {
        #expect(YAMLReader.read(text) == YAMLDocument(root: nil, mistake: nil))
    }

    @Test(arguments: ["", "~", "null", "Null", "NULL"])
    func `A plain null is null, and a quoted one is a text`(text: String) {
        #expect(pairs("a: \(text)").first?.1.isNull == true)
        #expect(pairs("a: '\(text)'").first?.1.isNull == false)
    }

    @Test func `An alias stands for the value of its anchor`() {
        let read = pairs("a: &x [1]\nb: *x\n")
        #expect(read[0].1 == read[1].1)
        #expect(mistake("a: *x\n") == "1: *x stands for a value that no &x names before")
    }

    @Test(arguments: [
        ("a: b: c\n", "1: put a value with a colon and a space into quotes"),
        ("a: 1\njust words\n", "2: is not of the form name: value"),
        ("a: 1\njust words\nb: 2\n", "2: is not of the form name: value"),
        ("a: 1\nb: 'x\n\n", "2: the quote has no end"),
        ("a: 1\n\tb: 2\n", "2: indent with spaces, not with tabs"),
        ("a: @x\n", "1: put this value into quotes"),
        ("a: \"\\q\"\n", "1: this escape is not known: write \\\\ for a backslash, or use single quotes"),
        ("a: - b\n", "1: put a value that begins with a hyphen and a space into quotes"),
        ("a: 1\n---\nb: 2\n", "2: a second document begins: leave out the line ---"),
        ("a: !include x\n", "1: the tag !include is not known: leave it out"),
        ("a: \u{1}\n", "1: control characters are not allowed"),
    ])
    func `A mistake has its line and says what to do`(text: String, wanted: String) {
        #expect(mistake(text) == wanted)
    }

    @Test func `Depth and size are bounded`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(mistake("a: \(deep)") == "1: too many values, or values nested too deep")
        #expect(
            mistake("a: [\(String(repeating: "x,", count: 200_000))]")
                == "1: too many values, or values nested too deep")
        // Each line doubles the value. The reader shares it.
        func doubled(_ times: Int) -> String {
            let lines = (1...times).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }
            return "a0: &a0 [x]\n" + lines.joined()
        }
        #expect(mistake(doubled(28)) == nil)
        #expect(mistake(doubled(50_000))?.hasSuffix("too many values, or values nested too deep") == true)
    }

    @Test func `Any beginning of a document and any byte in it is read or refused`() {
        let text = "a: &x 1\n'b': [\"\\u00e9\", *x]\n? c\n: {d: |-\n   e}\nf: >\n  é\n"
        let bytes = Array(text.utf8)
        var refused = 0
        for end in bytes.indices {
            if mistake(String(decoding: bytes[..<end], as: UTF8.self)) != nil { refused += 1 }
            for byte: UInt8 in [0, 9, 0x22, 0x27, 0x2a, 0x7b, 0x80, 0xff] {
                var changed = bytes
                changed[end] = byte
                if mistake(String(decoding: changed, as: UTF8.self)) != nil { refused += 1 }
            }
        }
        #expect(refused > 0)
    }
}
