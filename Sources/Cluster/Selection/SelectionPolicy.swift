/// How the worker of a request is chosen, as the option says it.
package enum SelectionPolicy: Sendable, Equatable {
    /// The fewest outstanding for its capacity, exactly.
    case fewest
    /// The less loaded of two drawn at random.
    case twoChoices
    /// In turn, by capacity.
    case roundRobin
    /// The same for the same value of a field, as long as that worker has no more than its share.
    case hashHeader(String)
    /// The same for the same value of a cookie.
    case hashCookie(String)
    /// The same for the same client, by a cookie of ours.
    case sticky(cookie: String)

    package static let defaultCookie = "understudy"
    private static let maximumName = 64

    /// - Parameter text: `fewest`, `two-choices`, `round-robin`, `hash:header=NAME`, `hash:cookie=NAME`, `sticky` or
    ///   `sticky:cookie=NAME`; nil for everything else.
    package init?(_ text: String) {
        switch text {
        case "fewest": self = .fewest
        case "two-choices": self = .twoChoices
        case "round-robin": self = .roundRobin
        case "sticky": self = .sticky(cookie: Self.defaultCookie)
        default:
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.isToken(parts[1]) else { return nil }
            let name = String(parts[1])
            switch parts[0] {
            case "hash:header": self = .hashHeader(name.lowercased())
            case "hash:cookie": self = .hashCookie(name)
            case "sticky:cookie": self = .sticky(cookie: name)
            default: return nil
            }
        }
    }

    package var text: String {
        switch self {
        case .fewest: "fewest"
        case .twoChoices: "two-choices"
        case .roundRobin: "round-robin"
        case .hashHeader(let name): "hash:header=\(name)"
        case .hashCookie(let name): "hash:cookie=\(name)"
        case .sticky(let name): "sticky:cookie=\(name)"
        }
    }

    /// Names of fields and of cookies are tokens (RFC 9110 5.6.2, RFC 6265 4.1.1).
    private static func isToken(_ name: Substring) -> Bool {
        guard (1...maximumName).contains(name.utf8.count) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }

    /// Who chooses; nil where the load alone does.
    var chooser: (any Chooser)? {
        switch self {
        case .fewest: nil
        case .twoChoices: TwoChoices()
        case .roundRobin: RoundRobin()
        case .hashHeader, .hashCookie: HashRing()
        case .sticky: StickyNames()
        }
    }
}
