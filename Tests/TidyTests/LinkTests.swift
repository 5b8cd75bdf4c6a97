import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct LinkTests {
    /// The targets of a document's links in this repository. Text in code is no link.
    private static func relativeTargets(in text: String) -> [String] {
        var isCode = false
        var targets: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            if line.drop(while: \.isWhitespace).hasPrefix("```") { isCode.toggle() }
            if isCode { continue }
            let prose = line.replacing(#/`[^`]*`/#, with: "code")
            let inline = prose.matches(of: #/\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/#).map { String($0.output.1) }
            let reference = prose.wholeMatch(of: #/\s*\[[^\]]+\]:\s*<?([^>\s]+)>?.*/#).map { String($0.output.1) }
            targets += inline + (reference.map { [$0] } ?? [])
        }
        return targets.filter { !$0.contains(#/^[A-Za-z][A-Za-z0-9+.-]*:/#) }
    }

    /// The target of a link in the document at `path`, relative to the root; nil if it is outside of the repository.
    private static func resolve(_ target: String, from path: String) -> String? {
        let withoutAnchor = target.prefix { $0 != "#" }
        if withoutAnchor.isEmpty { return path }
        let name = String(withoutAnchor).removingPercentEncoding ?? String(withoutAnchor)
        var parts = name.hasPrefix("/") ? [] : path.split(separator: "/").dropLast().map(String.init)
        for part in name.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(String(part))
            } else if parts.popLast() == nil {
                return nil
            }
        }
        return parts.joined(separator: "/")
    }

    /// The anchors of a document's headings, as GitHub makes them.
    private static func anchors(in text: String) -> Set<String> {
        var isCode = false
        var anchors: Set<String> = []
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("```") { isCode.toggle() }
            guard !isCode, let title = line.wholeMatch(of: #/#+ (.+)/#)?.output.1 else { continue }
            let words = title.replacing(#/\]\([^)]*\)/#, with: "").lowercased()
            let kept = words.filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
            anchors.insert(kept.replacing(" ", with: "-"))
        }
        return anchors
    }

    @Test func everyAnchorLeadsToAHeading() {
        let documents = Repository.files(endingWith: ".md")
        let anchors = Dictionary(
            uniqueKeysWithValues: documents.map { ($0, LinkTests.anchors(in: Repository.text(of: $0))) })
        var checked = 0
        for path in documents {
            for target in LinkTests.relativeTargets(in: Repository.text(of: path)) {
                guard let mark = target.firstIndex(of: "#"), let resolved = LinkTests.resolve(target, from: path),
                    let known = anchors[resolved]
                else { continue }
                checked += 1
                #expect(known.contains(String(target[target.index(after: mark)...])), "\(path): \(target)")
            }
        }
        #expect(checked > 100)
    }

    @Test func everyRelativeLinkLeadsToAFile() {
        let documents = Repository.files(endingWith: ".md")
        #expect(!documents.isEmpty)
        for path in documents {
            for target in LinkTests.relativeTargets(in: Repository.text(of: path)) {
                let resolved = LinkTests.resolve(target, from: path)
                #expect(resolved.map(Repository.exists) == true, "\(path): \(target)")
            }
        }
    }

    @Test func linksAreRead() {
        let text = """
            See [a](a.md), [b](../b.md#part), ![c](<c.png> "title") and [e](#here); not [d](https://example.com).
            `[f](f.md)`
            ```
            [g](g.md)
            ```
            [h]: docs/h.md "title"
            """
        #expect(LinkTests.relativeTargets(in: text) == ["a.md", "../b.md#part", "c.png", "#here", "docs/h.md"])
    }

    @Test func linksAreResolved() {
        #expect(LinkTests.resolve("../b.md#part", from: "docs/x/a.md") == "docs/b.md")
        #expect(LinkTests.resolve("/certs/./README.md", from: "docs/a.md") == "certs/README.md")
        #expect(LinkTests.resolve("c%20d.md", from: "a.md") == "c d.md")
        #expect(LinkTests.resolve("#part", from: "docs/a.md") == "docs/a.md")
        #expect(LinkTests.anchors(in: "# A `b` of [c](d.md)?\n```\n# no\n```") == ["a-b-of-c"])
        #expect(LinkTests.resolve("../../b.md", from: "docs/a.md") == nil)
        #expect(!Repository.exists("docs/no-such-file.md"))
    }
}
