/// A request method. Methods that this software treats specially have a case (RFC 9110 9.3, RFC 5789).
package enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, options, trace, patch, connect
    /// Any other method. The proxy forwards its name as received.
    case other

    /// True when repeating the request has the same effect as sending it once (RFC 9110 9.2.2). The proxy may retry
    /// such a request.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .patch, .connect, .other: false
        }
    }

    /// - Parameter packed: the last eight bytes of the name, the first of them in the highest byte. A name of eight or
    ///   more bytes fills all eight bytes. No method here has more than seven bytes, so no longer name equals one of
    ///   them.
    @inline(__always)
    init(packed: UInt64) {
        self =
            switch packed {
            case 0x47_4554: .get
            case 0x4845_4144: .head
            case 0x504F_5354: .post
            case 0x50_5554: .put
            case 0x4445_4C45_5445: .delete
            case 0x4F_5054_494F_4E53: .options
            case 0x54_5241_4345: .trace
            case 0x50_4154_4348: .patch
            case 0x43_4F4E_4E45_4354: .connect
            default: .other
            }
    }
}
