import Foundation
import Testing

@testable import Settings

/// The documents agree with the table of settings.
@Suite struct OptionsDocumentTests {
    private func document(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }

    @Test func `docs/options.md is what scripts/options writes`() throws {
        #expect(try document("docs/options.md") == OptionsDocument.text, "run scripts/options")
    }

    @Test func `docs/limits.md has every limit, with its default`() throws {
        let rows = try document("docs/limits.md").split(separator: "\n").filter { $0.hasPrefix("| ") }
        let others: [any SettingSection.Type] = [ProcessSettings.self, MembershipSettings.self, StoreSettings.self]
        for section in SettingTable.sections where !others.contains(where: { $0 == section }) {
            for setting in section.rows(of: .balancer) where setting.name != "balance" {
                let own = rows.filter { row in
                    row.contains("`--\(setting.name)`") || row.contains("`--\(setting.name) ")
                }
                #expect(!own.isEmpty, "--\(setting.name)")
                guard let text = setting.text(in: Settings(.balancer)) else { continue }
                #expect(own.contains { $0.contains(text) }, "--\(setting.name): \(text)")
            }
        }
    }
}
