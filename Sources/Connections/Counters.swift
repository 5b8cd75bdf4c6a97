internal import HTTP
internal import HTTP2
private import Synchronization

/// A counter of one loop that any thread may read.
package final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)

    package init() {}

    /// Only the owning loop adds, so a plain load and store suffice.
    package func add(_ amount: UInt64) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    package var current: UInt64 { value.load(ordering: .relaxed) }
}

/// The counters of one server. Other threads read them for `/metrics`.
package final class ServerCounters: Sendable {
    package let accepted = Counter()
    package let closed = Counter()
    package let handshakes = HandshakeCounters()
    package let handshakeFailures = Counter()
    /// Connections that were closed for a newer one: pending ones, or the oldest of an identity.
    package let evicted = Counter()
    package let requests = Counter()
    package let exchangesBegan = Counter()
    package let exchangesEnded = Counter()
    package let tunnelsBegan = Counter()
    package let tunnelsEnded = Counter()
    package let badRequests = Counter()
    /// In the order of `ClientLimit.allCases`.
    package let limits = ClientLimit.allCases.map { _ in Counter() }
    package let http2Connections = Counter()
    /// HTTP/2 streams that ended without a complete response.
    package let http2Resets = Counter()
    /// HTTP/2 connections that were ended because of a flood, in the order of `HTTP2Flood.allCases`.
    package let http2Floods = HTTP2Flood.allCases.map { _ in Counter() }
    /// Responses by class: 1xx, 2xx, 3xx, 4xx, 5xx.
    package let responses = [Counter(), Counter(), Counter(), Counter(), Counter()]
    /// From a request's head to the end of its exchange.
    package let durations = DurationHistogram(series: DurationHistogram.classes.count)
    /// The same, of all classes together and in finer buckets, for percentiles.
    package let latencies = LatencyHistogram()
    /// Bytes of HTTP that have come from clients and that have gone to them, without those of TLS.
    package let receivedBytes = Counter()
    package let sentBytes = Counter()

    package init() {}

    package func reached(_ limit: ClientLimit) -> UInt64 {
        ClientLimit.allCases.firstIndex(of: limit).map { limits[$0].current } ?? 0
    }

    func count(_ limit: ClientLimit) {
        if let index = ClientLimit.allCases.firstIndex(of: limit) { limits[index].add(1) }
    }

    /// Counts a rejected request.
    func count(_ error: HTTPError) {
        badRequests.add(1)
        if let limit = ClientLimit(error) { count(limit) }
    }

    func count(_ flood: HTTP2Flood) {
        if let index = HTTP2Flood.allCases.firstIndex(of: flood) { http2Floods[index].add(1) }
    }

    func count(status: UInt16) {
        let index = Int(status) / 100 - 1
        if responses.indices.contains(index) { responses[index].add(1) }
    }
}
