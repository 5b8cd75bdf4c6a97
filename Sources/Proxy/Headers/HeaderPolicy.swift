internal import HTTP

/// Decides which header fields a proxy copies from one hop to the next.
///
/// Every head and every trailer section that the proxy writes follows this table (`HeaderPolicy+Table`). The proxy copies
/// a field that has no rule. It never copies a hop-by-hop field, nor a field that Connection nominates
/// (`Field.isHopByHop`, RFC 9110 7.6.1). A field that the proxy replaces has two entries: a rule drops the received field,
/// and an addition names the field that the proxy writes.
struct HeaderPolicy: Sendable {
    /// A part of a message on one hop.
    enum Hop: Int, CaseIterable, Sendable {
        /// A request head from the balancer to a worker.
        case edgeToWorker
        /// A request head from a worker to an application.
        case workerToHTTP1, workerToHTTP2
        /// A response head from an application through the worker to the balancer, interim responses included.
        case workerToEdge
        /// A response head from a worker through the balancer to the client, interim responses included.
        case edgeToClient
        /// A trailer section, in both directions and on every hop.
        case trailers
    }

    /// One bit for each `KnownField` that the proxy drops.
    private var dropped: UInt64 = 0

    /// The policy of one hop.
    init(_ hop: Hop) {
        for rule in HeaderPolicy.rules where rule.hops.contains(hop) {
            for field in rule.fields { dropped |= HeaderPolicy.bit(field) }
        }
    }

    static let edgeToWorker = HeaderPolicy(.edgeToWorker)
    static let workerToHTTP1 = HeaderPolicy(.workerToHTTP1)
    static let workerToHTTP2 = HeaderPolicy(.workerToHTTP2)
    static let workerToEdge = HeaderPolicy(.workerToEdge)
    static let edgeToClient = HeaderPolicy(.edgeToClient)
    static let trailers = HeaderPolicy(.trailers)

    /// True if the proxy copies the field.
    @inline(__always)
    func copies(_ field: Field) -> Bool {
        !field.isHopByHop && dropped & HeaderPolicy.bit(field.known) == 0
    }

    /// The same policy, except that the proxy copies this field.
    func copying(_ field: KnownField) -> HeaderPolicy {
        var policy = self
        policy.dropped &= ~HeaderPolicy.bit(field)
        return policy
    }

    @inline(__always)
    private static func bit(_ field: KnownField) -> UInt64 { 1 << UInt64(field.rawValue) }
}
