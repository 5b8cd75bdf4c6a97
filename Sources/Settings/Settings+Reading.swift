internal import Sockets
internal import Storage
package import Telemetry

/// Settings from texts.
extension Settings {
    /// Help for the values of settings.
    package static let unitsDiscussion =
        "Times are whole numbers with ms, s, m or h, or seconds without a unit, up to 24h. Bytes are whole numbers, or have KiB or MiB."

    /// The settings of a program that starts.
    ///
    /// - Parameters:
    ///   - commandLine: texts by name. They have precedence over the file that `config` names.
    ///   - base: texts by name, of the balancer that this process replaces. The file and the command line have precedence.
    package static func load(
        _ program: Program, commandLine: [String: String], over base: [String: String] = [:]
    ) throws(CommandError) -> Settings {
        var problems: [SettingProblem] = []
        var file: ConfigurationFile?
        if let path = commandLine["config"] {
            file = try ConfigurationFile(path: path)
            problems = file?.problems ?? []
        }
        let entries = commandLine.sorted { $0.key < $1.key }.map { SettingEntry(name: $0.key, text: $0.value) }
        var settings = Settings(program, base: base, file: file?.entries ?? [], commandLine: entries, &problems)
        settings.source = Source(commandLine: commandLine, base: base)
        if let error = problems.sorted().error { throw error }
        return settings
    }

    /// The settings of a file, and every mistake in the order of the lines. The settings must be valid together too.
    ///
    /// - Parameter uses: the mistakes that the program finds when it uses the settings.
    package static func read(
        file path: String, of program: Program, uses: (Settings) -> [SettingProblem] = { _ in [] }
    ) throws(CommandError) -> (settings: Settings, problems: [SettingProblem]) {
        let file = try ConfigurationFile(path: path)
        var problems = file.problems
        let settings = Settings(program, file: file.entries, commandLine: [], &problems)
        problems += uses(settings)
        let whole = SettingPlace(path: path, line: nil)
        return (settings, problems.sorted().map { SettingProblem(place: $0.place ?? whole, text: $0.text) })
    }

    /// Adds what is wrong to `problems`; then the settings must not be used.
    init(
        _ program: Program, base: [String: String] = [:], file: [SettingEntry] = [], commandLine: [SettingEntry],
        _ problems: inout [SettingProblem]
    ) {
        self.init(program)
        let rows = SettingTable.rows(of: program)
        // A base of another version may have settings that this version does not know.
        for (name, text) in base where rows[name]?.apply(text, to: &self) == true {
            given[name] = text
            origins[name] = .predecessor
        }
        let all = file + commandLine
        for entry in all {
            guard let row = rows[entry.name] else {
                problems.append(Settings.unknown(entry, to: program))
                continue
            }
            if row.scope == .commandLine, let place = entry.place {
                problems.append(
                    SettingProblem(place: place, text: "\(entry.name) can only be given on the command line"))
            } else if entry.isList && !row.isList {
                problems.append(SettingProblem(place: entry.place, text: "\(entry.name) takes one value and no list"))
            } else if row.apply(entry.text, to: &self) {
                given[entry.name] = row.text(in: self)
                origins[entry.name] = entry.place.map { .file($0) } ?? .option
            } else {
                problems.append(
                    SettingProblem(
                        place: entry.place, text: "\(entry.shownName) \(entry.text): use \(row.kind.wanted)"))
            }
        }
        if let conflict { problems.append(SettingProblem(place: place(ofOptionIn: conflict), text: conflict)) }
    }

    /// The line of the last setting that a message names; nil if it names none of a file.
    private func place(ofOptionIn message: String) -> SettingPlace? {
        let words = message.split { !($0 == "-" || $0.isLetter || $0.isNumber) }
        let places = words.filter { $0.hasPrefix("--") }.compactMap { place(of: String($0.dropFirst(2))) }
        return places.max { $0.line ?? 0 < $1.line ?? 0 }
    }

    private func place(of name: String) -> SettingPlace? {
        if case .file(let place)? = origins[name] { place } else { nil }
    }

    /// A mistake that a program finds when it uses a setting.
    package func problem(with name: String, _ text: String) -> SettingProblem {
        SettingProblem(place: place(of: name), text: text)
    }

    private static func unknown(_ entry: SettingEntry, to program: Program) -> SettingProblem {
        let text =
            if let other = Program.allCases.first(where: { SettingTable.rows(of: $0)[entry.name] != nil }) {
                "\(entry.name) is a setting of the \(other.rawValue)"
            } else if let nearest = SettingTable.nearest(to: entry.name, of: program) {
                "unknown key \(entry.name): did you mean \(nearest)?"
            } else {
                "unknown key \(entry.name)"
            }
        return SettingProblem(place: entry.place, text: text)
    }

    /// Why these settings exclude each other; nil if they don't.
    private var conflict: String? {
        switch program {
        case .balancer:
            if Set([port, clusterPort, adminPort]).count < 3 {
                return "--port, --cluster-port and --admin-port must be three different ports"
            }
            return coordinator.conflict(given: given, of: program, host: host)
        case .worker:
            if let conflict = coordinator.conflict(given: given, of: program, host: host) { return conflict }
            if worker.needsNoQuorum && coordinator.kind == .etcd {
                return "--takeover-without-quorum and --coordinator etcd exclude each other: the store decides"
            }
            if worker.needsNoQuorum && !worker.acrossHosts {
                return "--takeover-without-quorum says how to take over across hosts: give --across-hosts too"
            }
            if worker.acrossHosts && worker.neverStandsIn {
                return "--across-hosts and --no-standby exclude each other"
            }
            let healthNames = ["health-path", "health-host", "health-status", "health-timeout"]
            if worker.application == nil, let name = healthNames.first(where: { given[$0] != nil }) {
                return "--\(name) concerns the application behind the worker: give --forward too"
            }
            if worker.healthPath == nil, let name = ["health-host", "health-status"].first(where: { given[$0] != nil })
            {
                return "--\(name) belongs to a request of the health check: give --health-path too"
            }
            return nil
        }
    }
}
