/// Statuses of a response that mean success: one, or a range such as 200-399.
package struct StatusRange: TextValue, Equatable {
    /// Final statuses (RFC 9110 15).
    private static let valid: ClosedRange<UInt16> = 200...599

    package let statuses: ClosedRange<UInt16>

    init(_ statuses: ClosedRange<UInt16>) {
        self.statuses = statuses
    }

    /// - Parameter text: `STATUS` or `FIRST-LAST`, from 200 to 599; nil for any other text.
    init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(ends.count), let first = Self.status(ends[0]),
            let last = Self.status(ends[ends.count - 1]), first <= last
        else { return nil }
        statuses = first...last
    }

    private static func status(_ text: Substring) -> UInt16? {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let status = UInt16(text),
            valid.contains(status)
        else { return nil }
        return status
    }

    var text: String {
        statuses.count == 1 ? "\(statuses.lowerBound)" : "\(statuses.lowerBound)-\(statuses.upperBound)"
    }
}
