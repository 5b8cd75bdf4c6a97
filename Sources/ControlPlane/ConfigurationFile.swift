/// A file of options: one `name: value` a line, which is a small part of YAML, with the meaning that YAML gives it.
///
/// A name is that of an option without its dashes. Values are plain, or quoted with ' or "; `#` begins a comment. Nothing is
/// nested, listed or referred to: what a reader of all YAML would take otherwise than this one is refused, with its line.
package struct ConfigurationFile: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package let line: Int
        package let name: String
        package let value: String
    }

    /// What is wrong with a line.
    package struct Problem: Error, Sendable, Equatable {
        package let line: Int
        package let reason: String
    }

    package let entries: [Entry]

    package init(_ text: String) throws(Problem) {
        var entries: [Entry] = []
        var lineOf: [String: Int] = [:]
        for (index, whole) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let number = index + 1
            guard let entry = try Self.entry(whole, line: number) else { continue }
            if let earlier = lineOf.updateValue(number, forKey: entry.name) {
                throw Problem(line: number, reason: "\(entry.name) stands in line \(earlier) already")
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    private static func entry(_ whole: Substring, line: Int) throws(Problem) -> Entry? {
        let text = trimmed(whole)
        if text.isEmpty || text.hasPrefix("#") || (text == "---" && line == 1) { return nil }
        if whole.first == " " || whole.first == "\t" {
            throw Problem(line: line, reason: "begins with white space: nothing is nested here")
        }
        guard let colon = text.firstIndex(of: ":") else {
            throw Problem(line: line, reason: "is not of the form name: value")
        }
        let name = text[..<colon]
        guard !name.isEmpty, name.allSatisfy({ $0 == "-" || ("a"..."z").contains($0) || ("0"..."9").contains($0) }),
            name.first != "-"
        else { throw Problem(line: line, reason: "\(name) is no name of an option") }
        let rest = text[text.index(after: colon)...]
        guard rest.first == " " else {
            throw Problem(line: line, reason: "\(name): a space and a value have to follow")
        }
        return Entry(line: line, name: String(name), value: try value(trimmed(rest), of: name, line: line))
    }

    private static func value(_ text: Substring, of name: Substring, line: Int) throws(Problem) -> String {
        guard let first = text.first, first != "#" else {
            throw Problem(line: line, reason: "\(name): a value has to follow")
        }
        if first == "'" || first == "\"" { return try quoted(text, by: first, of: name, line: line) }
        // A comment begins with white space and a number sign (YAML 1.2.2, 6.6).
        let end = text.firstRange(of: " #")?.lowerBound ?? text.endIndex
        let value = trimmed(text[..<end])
        // What begins like this, or holds a colon and a space, is no plain text in YAML (7.3.3).
        let isSpecial = "[]{}&*!|>%@`,?\"'".contains(first) || value.hasPrefix("- ")
        if isSpecial || value.contains(": ") || value.hasSuffix(":") || value.contains("\t") {
            throw Problem(line: line, reason: "\(name): put this value into quotes")
        }
        if ["null", "~", "Null", "NULL"].contains(value) {
            throw Problem(line: line, reason: "\(name): leave the line out instead")
        }
        return String(value)
    }

    /// 'it''s' or "with \" and \\".
    private static func quoted(
        _ text: Substring, by quote: Character, of name: Substring, line: Int
    ) throws(Problem) -> String {
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == "\\", quote == "\"" {
                guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else {
                    throw Problem(line: line, reason: "\(name): only \\\" and \\\\ are known after a backslash")
                }
                value.append(escaped)
            } else if character != quote {
                value.append(character)
            } else if quote == "'", rest.first == "'" {
                value.append(rest.removeFirst())
            } else {
                let after = trimmed(rest)
                guard after.isEmpty || after.hasPrefix("#") && rest.first == " " else {
                    throw Problem(line: line, reason: "\(name): nothing may follow the quoted value")
                }
                return value
            }
        }
        throw Problem(line: line, reason: "\(name): the quote has no end")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }
}
