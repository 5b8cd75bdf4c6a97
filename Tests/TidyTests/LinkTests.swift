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
        return targets.filter { !$0.contains(#/^[A-Za-z][A-Za-z0-9+.-]*:/#) && !$0.hasPrefix("#") }
    }

    /// The target of a link in the document at `path`, relative to the root; nil if it is outside of the repository.
    private static func resolve(_ target: String, from path: String) -> String? {
        let withoutAnchor = target.prefix { $0 != "#" }
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
            See [a](a.md), [b](../b.md#part) and ![c](<c.png> "title"); not [d](https://example.com) or [e](#here).
            `[f](f.md)`
            ```
            [g](g.md)
            ```
            [h]: docs/h.md "title"
            """
        #expect(LinkTests.relativeTargets(in: text) == ["a.md", "../b.md#part", "c.png", "docs/h.md"])
    }

    @Test func linksAreResolved() {
        #expect(LinkTests.resolve("../b.md#part", from: "docs/x/a.md") == "docs/b.md")
        #expect(LinkTests.resolve("/certs/./README.md", from: "docs/a.md") == "certs/README.md")
        #expect(LinkTests.resolve("c%20d.md", from: "a.md") == "c d.md")
        #expect(LinkTests.resolve("../../b.md", from: "docs/a.md") == nil)
        #expect(!Repository.exists("docs/no-such-file.md"))
    }
}
