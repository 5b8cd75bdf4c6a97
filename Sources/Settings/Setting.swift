/// One row of the table of settings.
///
/// The command-line options, the configuration file, `check`, a successor's configuration, reload and docs/options.md all
/// come from these rows. A row reads and writes one field of `Settings`; the field's initial value is the default.
package struct Setting: Sendable {
    /// The processes to which the value of a setting applies.
    package enum Scope: Sendable {
        /// One start of the program. A file can't hold the setting.
        case commandLine
        /// One process and its restarts.
        case process
        /// The balancer and its successors on the same host.
        case host
        /// The balancer and its successors on every host. There the value comes from the network, so it must not name a
        /// file or a command.
        case cluster
    }

    /// The option's name without dashes, and the key in a file.
    package let name: String
    package let kind: SettingKind
    /// A sentence without its full stop. Help and documents add the range and the default.
    package let help: String
    package private(set) var programs: [Settings.Program] = Settings.Program.allCases
    package private(set) var scope = Scope.process
    /// A running process adopts a new value.
    package private(set) var isLive = false
    /// Its text may be several texts with commas between them. A file may give them as a list.
    package private(set) var isList = false
    /// The text for the default where no fixed value holds.
    private let unset: String?
    private let store: @Sendable (inout Settings, SettingValue) -> Void
    private let load: @Sendable (Settings) -> SettingValue?
    private let copy: @Sendable (inout Settings, Settings) -> Void

    /// - Parameters:
    ///   - unset: describes the default where `load` returns nil.
    ///   - store: writes the value into its field.
    ///   - load: reads the field; nil where it has no value.
    ///   - copy: takes the field over from other settings.
    init(
        _ name: String, _ kind: SettingKind, _ help: String, unset: String? = nil,
        store: @escaping @Sendable (inout Settings, SettingValue) -> Void,
        load: @escaping @Sendable (Settings) -> SettingValue?,
        copy: @escaping @Sendable (inout Settings, Settings) -> Void
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.unset = unset
        self.store = store
        self.load = load
        self.copy = copy
    }

    /// Writes the value that `text` says.
    ///
    /// - Returns: false if `text` is no value of this setting.
    func apply(_ text: String, to settings: inout Settings) -> Bool {
        guard let value = kind.value(of: text) else { return false }
        store(&settings, value)
        return true
    }

    /// The present value as a file would hold it; nil where there is none.
    package func text(in settings: Settings) -> String? { load(settings).map(kind.text) }

    /// Takes the value over from `other`.
    func take(from other: Settings, into settings: inout Settings) {
        copy(&settings, other)
        settings.given[name] = other.given[name]
        settings.origins[name] = other.origins[name]
    }

    /// The default as help and documents show it.
    package func defaultText(of program: Settings.Program) -> String {
        text(in: Settings(program)) ?? unset ?? "none"
    }

    /// The row for one program only.
    func only(_ program: Settings.Program) -> Setting {
        var row = self
        row.programs = [program]
        return row
    }

    /// The row of a setting that a running process adopts.
    var live: Setting {
        var row = self
        row.isLive = true
        return row
    }

    /// The row of a setting whose text may be several texts with commas between them.
    var list: Setting {
        var row = self
        row.isList = true
        return row
    }

    func reaching(_ scope: Scope) -> Setting {
        var row = self
        row.scope = scope
        return row
    }
}

extension [Setting] {
    func only(_ program: Settings.Program) -> [Setting] { map { $0.only(program) } }
    func reaching(_ scope: Setting.Scope) -> [Setting] { map { $0.reaching(scope) } }
    var live: [Setting] { map(\.live) }
}
