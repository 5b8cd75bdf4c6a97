/// A class of the sources, as its declaration shows it. Relies on the indentation that `swift format` checks.
struct SwiftClass {
    let name: String
    let path: String
    /// The superclass and the protocols, in their order.
    let inherited: [String]
    /// The stored variables of the declaration. Constants are no state, and an extension can't store.
    let storedVariables: [String]

    /// The classes that a file declares, nested ones too.
    static func all(in text: String, of path: String) -> [SwiftClass] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { index in
            guard let name = word(after: "class", in: lines[index]), !lines[index].hasSuffix("}") else { return nil }
            let indent = lines[index].prefix { $0 == " " }
            let body = lines[(index + 1)...].prefix { !$0.hasPrefix(indent + "}") }
            let variables = body.indices.compactMap { variable(at: $0, of: body, indent: indent + "    ") }
            return SwiftClass(
                name: name, path: path, inherited: inherited(in: lines[index]), storedVariables: variables)
        }
    }

    /// The stored variables of the class and its superclasses. A class has one superclass of the sources at most.
    func allStoredVariables(among classes: [SwiftClass]) -> [String] {
        let superclass = classes.first { inherited.contains($0.name) && $0.name != name }
        return storedVariables + (superclass?.allStoredVariables(among: classes) ?? [])
    }

    /// The names behind the colon of a declaration.
    private static func inherited(in line: Substring) -> [String] {
        guard let colon = line.firstIndex(of: ":") else { return [] }
        return line[line.index(after: colon)...].split { $0 == "," || $0 == " " || $0 == "{" }.map(String.init)
    }

    /// The types that a file extends.
    static func extended(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { word(after: "extension", in: $0) }
            .map { String($0.split(separator: ".").last ?? "") }
    }

    /// The variable that a line declares; nil for a computed, static or overriding one.
    private static func variable(at index: Int, of body: ArraySlice<Substring>, indent: String) -> String? {
        let line = body[index]
        guard line.hasPrefix(indent), !line.hasPrefix(indent + " "), let name = word(after: "var", in: line) else {
            return nil
        }
        let modifiers = line.prefix { $0 != ":" && $0 != "=" }.split(separator: " ")
        if modifiers.contains("static") || modifiers.contains("override") { return nil }
        let value = line.firstIndex(of: "=") ?? line.endIndex
        if let brace = line.firstIndex(of: "{"), brace < value {
            let next = body.indices.contains(index + 1) ? body[index + 1].drop { $0 == " " } : ""
            return next.hasPrefix("didSet") || next.hasPrefix("willSet") ? name : nil
        }
        return name
    }

    /// The name after a keyword, if only modifiers and attributes stand before it.
    private static func word(after keyword: String, in line: Substring) -> String? {
        let words = line.split(separator: " ", maxSplits: 12)
        guard let place = words.firstIndex(where: { $0 == keyword }), words.indices.contains(place + 1),
            words[..<place].allSatisfy({ modifiers.contains($0.prefix { $0 != "(" }) || $0.hasPrefix("@") })
        else { return nil }
        let name = words[place + 1].prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
        return name.isEmpty || name == "func" || name == "var" ? nil : String(name)
    }

    private static let modifiers: Set<Substring> = [
        "package", "private", "fileprivate", "internal", "public", "open", "final", "weak", "unowned", "lazy",
        "nonisolated", "static", "override", "borrowing", "mutating",
    ]
}
