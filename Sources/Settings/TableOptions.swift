internal import ArgumentParser

/// The program whose options a `TableOptions` has.
package protocol OptionAudience { static var program: Settings.Program { get } }

package enum BalancerAudience: OptionAudience { package static let program = Settings.Program.balancer }

package enum WorkerAudience: OptionAudience { package static let program = Settings.Program.worker }

/// The command-line options of a program, made from the table of settings.
///
/// The argument parser finds the options of a type by its `Mirror`, and decodes their values by key. Both go through the
/// table here: there is one child and one key for each section, and in `SectionOptions` for each row.
package struct TableOptions<Audience: OptionAudience>: ParsableArguments, CustomReflectable {
    /// The texts of the options that the command line has, by name. A flag has the text `true`.
    package private(set) var given: [String: String] = [:]

    package init() {}

    package init(from decoder: any Decoder) throws {
        let options = try decoder.container(keyedBy: OptionKey.self)
        for section in Self.sections {
            given.merge(try Self.given(section, in: options)) { first, _ in first }
        }
    }

    package var customMirror: Mirror { Mirror(self, children: Self.children) }

    /// A child for each section. A command with table options shows these as its own children, and decodes `TableOptions`
    /// from its own decoder. A debug build of the argument parser visits a level of groups about four times for each visit of
    /// the level above, so one more level takes most of the time of a start.
    package static var children: [Mirror.Child] {
        sections.map { (label: label(of: $0), value: group($0)) }
    }

    private static var sections: [any SettingSection.Type] {
        SettingTable.sections.filter { !$0.rows(of: Audience.program).isEmpty }
    }

    private static func label(of section: any SettingSection.Type) -> String { "\(section)" }

    private static func group<Section: SettingSection>(_ section: Section.Type) -> Any {
        OptionGroup<SectionOptions<Section, Audience>>(title: section.title(for: Audience.program))
    }

    private static func given<Section: SettingSection>(
        _ section: Section.Type, in options: KeyedDecodingContainer<OptionKey>
    ) throws -> [String: String] {
        let key = OptionKey(stringValue: label(of: section))
        return try options.decode(OptionGroup<SectionOptions<Section, Audience>>.self, forKey: key).wrappedValue.given
    }
}

/// The options of one section of the table.
struct SectionOptions<Section: SettingSection, Audience: OptionAudience>: ParsableArguments, CustomReflectable {
    private(set) var given: [String: String] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        let options = try decoder.container(keyedBy: OptionKey.self)
        for row in Section.rows(of: Audience.program) {
            let key = OptionKey(stringValue: row.name)
            if case .flag = row.kind {
                if try options.decode(Flag<Bool>.self, forKey: key).wrappedValue { given[row.name] = "true" }
            } else if let text = try options.decode(Option<String?>.self, forKey: key).wrappedValue {
                given[row.name] = text
            }
        }
    }

    var customMirror: Mirror {
        Mirror(self, children: Section.rows(of: Audience.program).map { (label: $0.name, value: Self.option($0)) })
    }

    private static func option(_ row: Setting) -> Any {
        let name = NameSpecification.customLong(row.name)
        if case .flag = row.kind { return Flag(wrappedValue: false, name: name, help: ArgumentHelp("\(row.help).")) }
        let range = row.kind.range.map { "\($0); " } ?? ""
        let help = "\(row.help) (\(range)default: \(row.defaultText(of: Audience.program)))."
        return Option<String?>(name: name, help: ArgumentHelp(help, valueName: row.kind.valueName))
    }
}

/// The name of an option or of a group of options.
struct OptionKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
