package import Connections

/// The counts of the data loops at one moment. Counts begin at 0 in each process.
package struct TrafficSample: Sendable {
    package var requests: UInt64
    /// Responses of class 5xx.
    package var errors: UInt64
    package var inFlight: Int
    /// Requests that wait for a worker.
    package var waiting: Int
    package var connections: Int
    /// Of all requests with a response.
    package var latencies: LatencyHistogram.Counts

    package init(
        requests: UInt64 = 0, errors: UInt64 = 0, inFlight: Int = 0, waiting: Int = 0, connections: Int = 0,
        latencies: LatencyHistogram.Counts = LatencyHistogram.Counts()
    ) {
        self.requests = requests
        self.errors = errors
        self.inFlight = inFlight
        self.waiting = waiting
        self.connections = connections
        self.latencies = latencies
    }
}
