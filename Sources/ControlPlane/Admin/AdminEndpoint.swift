internal import Storage

/// One path of the admin port. A new endpoint is a row of `all`, and its data are in `AdminView`.
struct AdminEndpoint {
    let path: String
    let contentType: StaticString
    /// The content of a response. Called on the admin port's loop, once for all requests that a view answers.
    let content: (AdminView) -> [UInt8]

    /// Every endpoint. The 404 response names them in this order.
    ///
    /// - Parameter metrics: makes the metrics of a view, in Prometheus' text format.
    static func all(metrics: @escaping (AdminView) -> String) -> [AdminEndpoint] {
        [
            AdminEndpoint(path: "/status", contentType: "application/json") { json($0.status) },
            AdminEndpoint(path: "/metrics", contentType: "text/plain; version=0.0.4; charset=utf-8") {
                Array(metrics($0).utf8)
            },
        ]
    }

    /// The message of the 404 response.
    static func notFound(_ endpoints: [AdminEndpoint]) -> String {
        let paths = endpoints.map(\.path)
        return "here are " + paths.dropLast().joined(separator: ", ") + " and " + (paths.last ?? "")
    }

    private static func json(_ value: some Encodable) -> [UInt8] { JSON.encode(value) + [UInt8(ascii: "\n")] }
}
