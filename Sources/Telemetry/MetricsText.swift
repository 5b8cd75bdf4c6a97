/// Builds Prometheus' text exposition format line by line.
package struct MetricsText {
    package private(set) var text = ""

    package init() {}

    /// Begins a metric. `kind` is `counter`, `gauge` or `histogram`.
    package mutating func metric(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    package mutating func sample(
        _ name: String, _ labels: [(String, String)] = [], _ value: some CustomStringConvertible
    ) {
        let inside = labels.map { "\($0.0)=\"\(MetricsText.escaped($0.1))\"" }.joined(separator: ",")
        text += inside.isEmpty ? "\(name) \(value)\n" : "\(name){\(inside)} \(value)\n"
    }

    /// Writes a metric with a single sample.
    package mutating func single(_ name: String, _ kind: String, _ help: String, _ value: some CustomStringConvertible)
    {
        metric(name, kind, help)
        sample(name, [], value)
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
