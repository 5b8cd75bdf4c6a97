/// The facts of a request that the observer of a server reads. The other facts cost nothing.
package struct ObservedFacts: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Method, target, id, worker, protocol and times.
    package static let basic = ObservedFacts(rawValue: 1)
    package static let host = ObservedFacts(rawValue: 2)
    package static let userAgent = ObservedFacts(rawValue: 4)
    /// The TLS of the client's connection.
    package static let tls = ObservedFacts(rawValue: 8)
}

/// The observer of a server's requests. Without one every request reads only the empty set of facts.
struct RequestObserver {
    var facts: ObservedFacts = []
    /// Called when the exchange of a request has ended.
    var onEnd: ((_ context: RequestContext) -> Void)?
}
