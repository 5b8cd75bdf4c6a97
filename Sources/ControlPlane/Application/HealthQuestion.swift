package import Settings
internal import Sockets

/// The request of a health check to the application behind a worker, and the responses that are good.
package struct HealthQuestion: Sendable {
    /// The path of a GET request; nil checks only whether the application accepts a connection.
    let path: String?
    /// The authority of the request: HOST or HOST:PORT.
    let host: String
    let statuses: ClosedRange<UInt16>
    /// For the whole check, from the connect to the last byte of the response.
    let timeoutMilliseconds: Int

    package init(path: String?, host: String, statuses: ClosedRange<UInt16>, timeoutMilliseconds: Int) {
        self.path = path
        self.host = host
        self.statuses = statuses
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// The question that a worker's settings describe.
    package init(_ settings: WorkerSettings, to application: Endpoints.Application) {
        let place = application.place
        let name = place.host.contains(":") ? "[\(place.host)]" : place.host
        self.init(
            path: settings.healthPath, host: settings.healthHost ?? "\(name):\(place.port)",
            statuses: settings.healthStatuses.statuses, timeoutMilliseconds: settings.healthTimeoutMilliseconds)
    }
}
