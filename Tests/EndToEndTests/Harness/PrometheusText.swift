/// Prometheus' text exposition format, read strictly.
struct PrometheusText {
    /// By name and labels as written.
    private(set) var samples: [String: Double] = [:]

    /// - Throws: `HarnessError` with the first line that is not in the format, or has no TYPE before it.
    init(_ text: String) throws {
        var types: [Substring: Substring] = [:]
        guard text.hasSuffix("\n") else { throw HarnessError("the last line has no end") }
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)/) {
                guard types.updateValue(match.2, forKey: match.1) == nil else { throw HarnessError("TYPE again: \(line)") }
            } else if line.hasPrefix("# HELP ") {
                continue
            } else if let match = line.wholeMatch(
                of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*")*\})? (-?[0-9.e+]+)/)
            {
                guard types[match.1] != nil, let value = Double(match.3) else { throw HarnessError("no TYPE, or no number: \(line)") }
                guard samples.updateValue(value, forKey: "\(match.1)\(match.2 ?? "")") == nil else {
                    throw HarnessError("twice: \(line)")
                }
            } else {
                throw HarnessError("not Prometheus: \(line)")
            }
        }
    }
}
