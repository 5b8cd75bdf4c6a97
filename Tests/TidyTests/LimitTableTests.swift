import Foundation
import Testing

/// docs/limits.md names tests that exist. `OptionsDocumentTests` compares its options with the table of settings.
@Suite(.timeLimit(.minutes(5))) struct LimitTableTests {
    /// The cells of the table rows.
    private static let rows: [[String]] = Repository.text(of: "docs/limits.md").split(separator: "\n")
        .filter { $0.hasPrefix("| ") }
        .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }

    private static func code(in cell: String) -> [String] {
        cell.matches(of: #/`([^`]+)`/#).map { String($0.output.1) }
    }

    @Test func `Every row has tests that exist`() {
        let tests = Repository.files(in: "Tests/", endingWith: ".swift")
        let texts = tests.map(Repository.text).joined()
        var count = 0
        for row in LimitTableTests.rows where row.last != "test" {
            let names = LimitTableTests.code(in: row.last ?? "")
            #expect(!names.isEmpty, "\(row[0])")
            for name in names {
                let isThere = texts.contains("func \(name)(") || texts.contains("func `\(name)`(")
                #expect(isThere || tests.contains { $0.hasSuffix("/\(name).swift") }, "\(row[0]): \(name)")
                count += 1
            }
        }
        #expect(count > 50)
    }
}
