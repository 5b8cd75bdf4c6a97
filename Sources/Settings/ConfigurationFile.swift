internal import Sockets
internal import Telemetry

/// A file of settings: one `name: value` a line, a small part of YAML with the meaning that YAML gives it.
///
/// A value is plain, or quoted with ' or "; `#` begins a comment. There are no nested values, lists or references. A line
/// that a reader of all YAML would understand differently is a mistake.
struct ConfigurationFile: Sendable {
    /// In the order of their lines. A line with a mistake has no entry.
    private(set) var entries: [SettingEntry] = []
    private(set) var problems: [SettingProblem] = []

    /// A line's mistake.
    private struct Mistake: Error {
        let text: String
    }

    /// Reads the file at `path`.
    init(path: String) throws(CommandError) {
        guard let bytes = WholeFile.read(path) else { throw .usage("--config \(path) can't be read") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .usage("--config \(path) is not UTF-8") }
        self.init(text, path: path)
    }

    /// - Parameter path: for the places of entries and mistakes.
    init(_ text: String, path: String) {
        var lineOf: [String: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let number = index + 1
            let place = SettingPlace(path: path, line: number)
            do throws(Mistake) {
                guard let (name, value) = try Self.entry(line, number: number) else { continue }
                if let earlier = lineOf.updateValue(number, forKey: name) {
                    throw Mistake(text: "\(name) stands in line \(earlier) already")
                }
                entries.append(SettingEntry(name: name, text: value, place: place))
            } catch {
                problems.append(SettingProblem(place: place, text: error.text))
            }
        }
    }

    /// Nil for a line that says nothing.
    private static func entry(_ line: Substring, number: Int) throws(Mistake) -> (name: String, value: String)? {
        let text = trimmed(line)
        if text.isEmpty || text.hasPrefix("#") || (text == "---" && number == 1) { return nil }
        if line.first == " " || line.first == "\t" {
            throw Mistake(text: "begins with white space: settings are not nested")
        }
        guard let colon = text.firstIndex(of: ":") else { throw Mistake(text: "is not of the form name: value") }
        let name = text[..<colon]
        guard !name.isEmpty, name.allSatisfy({ $0 == "-" || ("a"..."z").contains($0) || ("0"..."9").contains($0) }),
            name.first != "-"
        else { throw Mistake(text: "\(name) is not the name of a setting") }
        let rest = text[text.index(after: colon)...]
        guard rest.first == " " else { throw Mistake(text: "\(name): a space and a value have to follow") }
        do throws(Mistake) {
            return (String(name), try value(trimmed(rest)))
        } catch {
            throw Mistake(text: "\(name): \(error.text)")
        }
    }

    private static func value(_ text: Substring) throws(Mistake) -> String {
        guard let first = text.first, first != "#" else { throw Mistake(text: "a value has to follow") }
        if first == "'" || first == "\"" { return try quoted(text, by: first) }
        // A comment begins with white space and a number sign (YAML 1.2.2, 6.6).
        let end = text.firstRange(of: " #")?.lowerBound ?? text.endIndex
        let value = trimmed(text[..<end])
        // A value with this beginning, or with a colon and a space, is not plain text in YAML (7.3.3).
        let isSpecial = "[]{}&*!|>%@`,?\"'".contains(first) || value.hasPrefix("- ")
        if isSpecial || value.contains(": ") || value.hasSuffix(":") || value.contains("\t") {
            throw Mistake(text: "put this value into quotes")
        }
        if ["null", "~", "Null", "NULL"].contains(value) { throw Mistake(text: "leave the line out instead") }
        return String(value)
    }

    /// 'it''s' or "with \" and \\".
    private static func quoted(_ text: Substring, by quote: Character) throws(Mistake) -> String {
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == "\\", quote == "\"" {
                guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else {
                    throw Mistake(text: "only \\\" and \\\\ are known after a backslash")
                }
                value.append(escaped)
            } else if character != quote {
                value.append(character)
            } else if quote == "'", rest.first == "'" {
                value.append(rest.removeFirst())
            } else {
                let after = trimmed(rest)
                guard after.isEmpty || after.hasPrefix("#") && rest.first == " " else {
                    throw Mistake(text: "nothing may follow the quoted value")
                }
                return value
            }
        }
        throw Mistake(text: "the quote has no end")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }
}
