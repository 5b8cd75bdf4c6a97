/// The load-balancing policy, as the command-line option names it.
package enum PolicySetting: Sendable, Equatable {
    /// The worker with exactly the fewest outstanding requests relative to capacity.
    case fewest
    /// The less loaded of two random workers.
    case twoChoices
    /// Weighted round robin.
    case roundRobin
    /// The same worker for the same value of a header field, as long as the worker's load is within its bound.
    case hashHeader(String)
    /// The same worker for the same value of a cookie.
    case hashCookie(String)
    /// The same worker for the same client, by a cookie that the balancer sets.
    case sticky(cookie: String)

    package static let defaultCookie = "understudy"
    private static let maximumName = 64

    /// - Parameter text: `fewest`, `two-choices`, `round-robin`, `hash:header=NAME`, `hash:cookie=NAME`, `sticky` or
    ///   `sticky:cookie=NAME`; nil for any other text.
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

    /// True for a token of at most 64 bytes: the names of header fields and cookies (RFC 9110 5.6.2, RFC 6265 4.1.1).
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

    /// The policy's implementation; nil if the load alone decides.
    var implementation: (any LoadBalancingPolicy)? {
        switch self {
        case .fewest: nil
        case .twoChoices: TwoChoices()
        case .roundRobin: RoundRobin()
        case .hashHeader, .hashCookie: HashRing()
        case .sticky: StickySessions()
        }
    }
}
