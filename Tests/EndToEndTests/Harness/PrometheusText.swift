/// A strict parser of Prometheus' text exposition format.
struct PrometheusText {
    /// By name and labels as written.
    private(set) var samples: [String: Double] = [:]
    private var types: Set<Substring> = []

    /// - Throws: `HarnessError` with the first line that violates the format or has no TYPE before it.
    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw HarnessError("the last line has no end") }
        for line in text.split(separator: "\n") where !line.hasPrefix("# HELP ") {
            guard try readType(line) || readSample(line) else { throw HarnessError("not Prometheus: \(line)") }
        }
    }

    /// The sum over all series of a metric.
    func sum(of name: String) -> Double {
        samples.filter { $0.key == name || $0.key.hasPrefix("\(name){") }.values.reduce(0, +)
    }

    private mutating func readType(_ line: Substring) throws -> Bool {
        let pattern = /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)/
        guard let match = line.wholeMatch(of: pattern) else { return false }
        guard types.insert(match.1).inserted else { throw HarnessError("TYPE again: \(line)") }
        // The samples of a histogram have names of their own.
        if match.2 == "histogram" { types.formUnion(["_bucket", "_sum", "_count"].map { "\(match.1)\($0)" }) }
        return true
    }

    private mutating func readSample(_ line: Substring) throws -> Bool {
        guard let match = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (-?[0-9.e+]+)/) else { return false }
        if let labels = match.2 {
            let label = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"/
            let pairs = labels.dropFirst().dropLast().split(separator: ",")
            guard pairs.allSatisfy({ $0.wholeMatch(of: label) != nil }) else { return false }
        }
        guard types.contains(match.1), let value = Double(match.3) else {
            throw HarnessError("no TYPE, or no number: \(line)")
        }
        guard samples.updateValue(value, forKey: "\(match.1)\(match.2 ?? "")") == nil else {
            throw HarnessError("twice: \(line)")
        }
        return true
    }
}
