private import Glibc
internal import Sockets
internal import Telemetry
internal import YAML

/// A file of settings: a YAML mapping of names to values.
///
/// A value is a scalar, or for some settings a list of scalars. The meaning of a scalar comes from the table of settings
/// and not from YAML, so `no` and `1:30` are texts.
struct ConfigurationFile: Sendable {
    /// In the order of their lines. A setting with a mistake has no entry.
    private(set) var entries: [SettingEntry] = []
    private(set) var problems: [SettingProblem] = []

    private struct Mistake: Error {
        let text: String
    }

    /// Reads the file at `path`.
    init(path: String) throws(CommandError) {
        guard let bytes = WholeFile.read(path) else {
            let reason = String(cString: strerror(errno))
            throw .usage("--config \(path) can't be read (\(reason)): give a file that this user can read")
        }
        guard bytes.count <= Self.limit else { throw .usage("--config \(path) has more than 1 MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .usage("--config \(path) is not UTF-8") }
        self.init(text, path: path)
    }

    /// In bytes.
    private static let limit = 1 << 20

    /// - Parameter path: for the places of entries and mistakes.
    init(_ text: String, path: String) {
        func place(_ line: Int) -> SettingPlace { SettingPlace(path: path, line: line) }
        let document = YAMLReader.read(text)
        if let mistake = document.mistake {
            problems.append(SettingProblem(place: place(mistake.line), text: mistake.text))
        }
        guard let root = document.root else { return }
        guard case .mapping(let pairs) = root.content else {
            problems.append(SettingProblem(place: place(root.line), text: "is not of the form name: value"))
            return
        }
        var lineOf: [String: Int] = [:]
        for pair in pairs {
            let line = pair.key.line
            do throws(Mistake) {
                let name = try Self.name(pair.key)
                if let earlier = lineOf.updateValue(line, forKey: name) {
                    throw Mistake(text: "\(name) stands in line \(earlier) already")
                }
                entries.append(try Self.entry(name, pair.value, place(line)))
            } catch {
                problems.append(SettingProblem(place: place(line), text: error.text))
            }
        }
    }

    private static func name(_ node: YAMLNode) throws(Mistake) -> String {
        guard let name = node.text else { throw Mistake(text: "a list or a mapping can't be the name of a setting") }
        guard !name.isEmpty, name.allSatisfy({ $0 == "-" || ("a"..."z").contains($0) || ("0"..."9").contains($0) }),
            name.first != "-"
        else { throw Mistake(text: "\(name) is not the name of a setting") }
        return name
    }

    private static func entry(_ name: String, _ value: YAMLNode, _ place: SettingPlace) throws(Mistake) -> SettingEntry
    {
        if value.isNull { throw Mistake(text: "\(name): a value has to follow, or leave the line out") }
        switch value.content {
        case .scalar(let text, _): return SettingEntry(name: name, text: text, place: place)
        case .mapping: throw Mistake(text: "\(name): settings are not nested")
        case .sequence(let items):
            let texts = items.filter { !$0.isNull }.compactMap(\.text)
            guard texts.count == items.count, !texts.isEmpty else {
                throw Mistake(text: "\(name): the list needs values, and each one is a text or a number")
            }
            return SettingEntry(name: name, text: texts.joined(separator: ","), isList: true, place: place)
        }
    }
}
