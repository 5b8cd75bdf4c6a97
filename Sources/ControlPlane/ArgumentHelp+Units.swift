internal import ArgumentParser

/// Help that says in which unit a value is.
extension ArgumentHelp {
    static func time(_ abstract: String) -> ArgumentHelp { ArgumentHelp(abstract, valueName: "time") }
    static func bytes(_ abstract: String) -> ArgumentHelp { ArgumentHelp(abstract, valueName: "bytes") }
    static func number(_ abstract: String) -> ArgumentHelp { ArgumentHelp(abstract, valueName: "number") }
}
