/// Values of options as people write them, with their units.
enum OptionValue {
    /// Milliseconds: a whole number and `ms`, `s`, `m` or `h`; nil for everything else.
    static func milliseconds(_ text: String) -> Int? {
        number(text, [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)])
    }

    /// Bytes: a whole number, alone or with `KiB` or `MiB`; nil for everything else.
    static func bytes(_ text: String) -> Int? {
        number(text, [("KiB", 1 << 10), ("MiB", 1 << 20), ("", 1)])
    }

    static func count(_ text: String) -> Int? { number(text, [("", 1)]) }

    private static func number(_ text: String, _ units: [(String, Int)]) -> Int? {
        for (unit, factor) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            guard (1...12).contains(digits.utf8.count), digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { continue }
            return Int(digits).map { $0 * factor }
        }
        return nil
    }
}
