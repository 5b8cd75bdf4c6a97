/// Builds Prometheus' text exposition format line by line.
///
/// The series of one metric are bounded. Each label has a fixed set of values, except the names of workers and of
/// certificates, whose numbers other limits bound. The bound here guards against a label that gets neither.
package struct MetricsText {
    /// The most series of one metric: as many as `--max-workers` permits workers.
    static let maximumSeries = 10_000

    package private(set) var text = ""

    /// The series of the present metric, and the omitted ones of all metrics.
    private var series = 0
    private var omitted = 0

    package init() {}

    /// Begins a metric. `kind` is `counter`, `gauge` or `histogram`.
    package mutating func metric(_ name: String, _ kind: String, _ help: String) {
        series = 0
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    package mutating func sample(
        _ name: String, _ labels: [(String, String)] = [], _ value: some CustomStringConvertible
    ) {
        series += 1
        guard series <= MetricsText.maximumSeries else {
            omitted += 1
            return
        }
        let inside = labels.map { "\($0.0)=\"\(MetricsText.escaped($0.1))\"" }.joined(separator: ",")
        text += inside.isEmpty ? "\(name) \(value)\n" : "\(name){\(inside)} \(value)\n"
    }

    /// Writes a metric with a single sample.
    package mutating func single(_ name: String, _ kind: String, _ help: String, _ value: some CustomStringConvertible)
    {
        metric(name, kind, help)
        sample(name, [], value)
    }

    /// Adds the number of omitted series. Call it last.
    package mutating func addOmitted() {
        single(
            "understudy_metrics_omitted_series", "gauge", "Series left out because their metric has too many.", omitted)
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
