import Foundation
import Testing

@testable import HTTP
@testable import Storage
@testable import Telemetry

@Suite struct VisibleTextTests {
    /// One example of each kind of scalar that is invisible or controls a terminal.
    static let hidden: [Unicode.Scalar] = [
        "\u{0}", "\u{A}", "\u{D}", "\u{1B}", "\u{7F}", "\u{80}", "\u{9B}", "\u{9F}", "\u{A0}", "\u{AD}", "\u{34F}",
        "\u{61C}",
        "\u{115F}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{202A}",
        "\u{202E}",
        "\u{2060}", "\u{2066}", "\u{2069}", "\u{3000}", "\u{3164}", "\u{E000}", "\u{FE0F}", "\u{FEFF}", "\u{FFFF}",
        "\u{E0041}", "\u{10FFFF}",
    ]

    @Test(arguments: hidden) func `A hidden scalar is written as its number`(scalar: Unicode.Scalar) {
        let number = String(scalar.value, radix: 16)
        #expect(VisibleText.escaped("a\(scalar)b", limit: 100) == "a\\u{\(number)}b")
        #expect(VisibleText.value("a\(scalar)b", limit: 100) == "\"a\\u{\(number)}b\"")
        let json = String(decoding: JSON.encode(["a\(scalar)b"]), as: UTF8.self)
        #expect(!json.unicodeScalars.contains { $0.isHidden }, "\(json)")
        #expect(JSON.decode([String].self, from: json.utf8) == ["a\(scalar)b"])
    }

    @Test(arguments: ["plain", "ünïcødé", "日本", "a b", "🙂", "!~", "it's"]) func `Visible text does not change`(
        text: String
    ) {
        #expect(VisibleText.escaped(text, limit: 100) == text)
        #expect(String(decoding: JSON.encode([text]), as: UTF8.self) == "[\"\(text)\"]")
    }

    @Test func `A value can't end its quotes or look like two values`() {
        #expect(VisibleText.value("plain", limit: 100) == "plain")
        #expect(VisibleText.value("", limit: 100) == "\"\"")
        #expect(VisibleText.value("a b=c", limit: 100) == "\"a b=c\"")
        #expect(VisibleText.value("a\" epoch=9 x=\"", limit: 100) == #""a\" epoch=9 x=\"""#)
        #expect(VisibleText.value(#"a\"#, limit: 100) == #""a\\""#)
    }

    @Test func `A long text is cut between scalars and between escapes`() {
        for limit in 0...40 {
            let text = VisibleText.escaped("ä\u{202E}\"é🙂\u{9B}abcdef", limit: limit, isQuoted: true)
            let kept = text.hasSuffix("...") ? text.dropLast(3) : text[...]
            #expect(kept.utf8.count <= limit)
            #expect(#"ä\u{202e}\"é🙂\u{9b}abcdef"#.hasPrefix(kept))
            #expect(kept.filter { $0 == "{" }.count == kept.filter { $0 == "}" }.count, "\(text)")
        }
        #expect(VisibleText.value(String(repeating: "a", count: 101), limit: 100).hasSuffix("a...\""))
    }

    @Test func `A log line is one line, with its keys in their places`() {
        let line = String(
            decoding: ProcessLogHandler.line(
                "warning", "balancer", "a peer said\n2026-01-01T00:00:00.000Z notice \u{1B}[2J",
                [("peer", "::1\n epoch=7")]),
            as: UTF8.self)
        #expect(line.filter { $0.isNewline }.count == 1 && line.hasSuffix("\n"))
        #expect(line.hasSuffix(#" peer="::1\u{a} epoch=7""# + "\n"), "\(line)")
        #expect(line.contains(#" warning balancer a peer said\u{a}2026"#) && line.contains(#"\u{1b}[2J"#), "\(line)")
        let long = String(repeating: "x", count: 1 << 20)
        #expect(ProcessLogHandler.line("info", "b", long, [("a", long), ("b", long)]).count < 5000)
    }

    @Test func `A JSON line of the log is one object, whatever a peer says`() throws {
        let line = ProcessLogHandler.line(
            "warning", "balancer", "said \"\n\u{1B}[2J\\", [("peer", "::1\n\u{202E}\",\"level\":\"x"), ("epoch", "7")],
            format: .json)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasSuffix("}\n") && text.utf8.count { $0 == 0x0A } == 1)
        #expect(text.unicodeScalars.dropLast().allSatisfy { !$0.isHidden })
        #expect(text.hasPrefix(#"{"time":"20"#) && text.contains(#"Z","level":"warning","part":"balancer","message":"#))
        let object = try JSONDecoder().decode([String: String].self, from: Data(line))
        #expect(object["message"] == "said \"\n\u{1B}[2J\\" && object["epoch"] == "7")
        #expect(object["peer"] == "::1\n\u{202E}\",\"level\":\"x" && object["level"] == "warning")
        let long = String(repeating: "ä", count: 1 << 20)
        #expect(ProcessLogHandler.line("info", "b", long, [("a", long), ("b", long)], format: .json).count < 5000)
    }
}
