/// The methods that a task accepts.
enum AllowedMethods: Equatable, Sendable {
    case getAndHead
    case post

    /// The value of an Allow field (RFC 9110 10.2.1).
    var list: StaticString {
        switch self {
        case .getAndHead: "GET, HEAD"
        case .post: "POST"
        }
    }
}
