import Foundation
import Testing

@testable import Settings

/// The JSON schemas for editors. The check here knows the words of the schema that the files use, and fails at another one.
@Suite struct SettingsSchemaTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ name: String) throws -> String {
        try String(contentsOf: SettingsSchemaTests.root.appending(path: name), encoding: .utf8)
    }

    /// The value that YAML gives a plain text (YAML 1.2.2, 10.3).
    private func value(_ text: String) -> Any {
        if text == "true" || text == "false" { return text == "true" }
        if text.wholeMatch(of: /[-+]?[0-9]+/) != nil, let number = Int(text) { return number }
        return text
    }

    private func accepts(_ form: [String: Any], _ value: Any) throws -> Bool {
        for (word, wanted) in form {
            let holds: Bool
            switch word {
            case "type":
                let type = value is Bool ? "boolean" : value is Int ? "integer" : "string"
                holds = wanted as? String == type || (wanted as? String == "number" && type == "integer")
            case "minimum": holds = (value as? Int).map { $0 >= wanted as? Int ?? .max } ?? true
            case "maximum": holds = (value as? Int).map { $0 <= wanted as? Int ?? .min } ?? true
            case "minLength": holds = (value as? String).map { $0.count >= wanted as? Int ?? .max } ?? true
            case "pattern":
                let pattern = try Regex(try #require(wanted as? String))
                holds = (value as? String).map { $0.firstMatch(of: pattern) != nil } ?? true
            case "enum": holds = (wanted as? [String])?.contains { $0 == value as? String } == true
            default:
                Issue.record("the schema has \(word)")
                return false
            }
            if !holds { return false }
        }
        return true
    }

    /// Returns whether a schema accepts a file of settings, given by their names and YAML values.
    private func accepts(_ program: Settings.Program, _ settings: [String: Any]) throws -> Bool {
        let schema = try #require(
            JSONSerialization.jsonObject(with: Data(SettingsSchema.text(of: program).utf8)) as? [String: Any])
        #expect(schema["additionalProperties"] as? Bool == false && schema["type"] as? [String] == ["object", "null"])
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        for (name, value) in settings {
            guard let forms = properties[name]?["anyOf"] as? [[String: Any]] else { return false }
            if try !forms.contains(where: { try accepts($0, value) }) { return false }
        }
        return true
    }

    @Test(arguments: Settings.Program.allCases)
    func `contrib/schema is what scripts/options writes`(program: Settings.Program) throws {
        let file = "contrib/schema/\(program.rawValue).schema.json"
        #expect(try text(file) == SettingsSchema.text(of: program), "run scripts/options")
    }

    /// Editors read the first line, and the package puts the schema there.
    @Test func `contrib/balancer.yaml names its schema, and the schema accepts it`() throws {
        let file = try text("contrib/balancer.yaml")
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "# yaml-language-server: $schema=/usr/share/understudy/balancer.schema.json")
        #expect(try text("scripts/package").contains("put 644 usr/share/understudy contrib/schema/*.schema.json"))
        let examples = lines.dropFirst().compactMap { $0.wholeMatch(of: /# ([a-z-]+: .*)/)?.1 }.joined(separator: "\n")
        let read = ConfigurationFile(examples, path: "examples")
        #expect(read.problems.isEmpty && read.entries.count >= 3)
        let settings = Dictionary(uniqueKeysWithValues: read.entries.map { ($0.name, value($0.text)) })
        #expect(try accepts(.balancer, settings))
    }

    @Test(arguments: Settings.Program.allCases)
    func `Every default is accepted, and every setting of a file is known`(program: Settings.Program) throws {
        for (name, row) in SettingTable.rows(of: program) {
            let text = row.text(in: Settings(program)) ?? (name == "threads" ? "4" : nil)
            let isOfFile = row.scope != .commandLine
            if let text { #expect(try accepts(program, [name: value(text)]) == isOfFile, "\(name): \(text)") }
        }
    }

    @Test(arguments: [
        ("port", "8443", true), ("port", "0", false), ("port", "65536", false), ("port", "http", false),
        ("queue-timeout", "2s", true), ("queue-timeout", "2", true), ("queue-timeout", "2d", false),
        ("queue-timeout", "90000", false), ("max-head", "8KiB", true), ("max-head", "8kb", false),
        ("insecure-bind", "true", true), ("insecure-bind", "yes", false), ("log-level", "debug", true),
        ("log-level", "loud", false), ("rate-limit", "10:50", true), ("rate-limit", "10", true),
        ("queue-timeut", "2s", false), ("capacity", "2", false), ("replace", "true", false), ("config", "x", false),
    ])
    func `Wrong files are refused`(name: String, text: String, isGood: Bool) throws {
        #expect(try accepts(.balancer, [name: value(text)]) == isGood)
    }
}
