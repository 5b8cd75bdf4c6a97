internal import Storage

/// One path of the admin port. A new endpoint is a row of `all`, and its data are in `AdminView`.
struct AdminEndpoint {
    enum Answer {
        /// Content that is made from a view. Called on the admin port's loop, once for all requests that a view answers.
        case view(contentType: StaticString, make: (AdminView) -> [UInt8])
        /// The closure answers the call, now or later.
        case atOnce((Call) -> Void)
    }

    let path: String
    let answer: Answer

    /// Every endpoint. The 404 response names them in this order.
    ///
    /// - Parameter metrics: makes the metrics of a view, in Prometheus' text format.
    static func all(metrics: @escaping (AdminView) -> String, pages: PageStreams) -> [AdminEndpoint] {
        [
            AdminEndpoint(path: "/", answer: .atOnce(page)),
            AdminEndpoint(path: "/events", answer: .atOnce { events($0, pages) }),
            AdminEndpoint(path: "/status", answer: .view(contentType: "application/json") { json($0.status) }),
            self.metrics(metrics),
        ]
    }

    /// - Parameter metrics: see `all`.
    static func metrics(_ metrics: @escaping (AdminView) -> String) -> AdminEndpoint {
        AdminEndpoint(
            path: "/metrics",
            answer: .view(contentType: "text/plain; version=0.0.4; charset=utf-8") { Array(metrics($0).utf8) })
    }

    /// The message of the 404 response.
    static func notFound(_ endpoints: [AdminEndpoint]) -> String {
        let paths = endpoints.map(\.path)
        if paths.count == 1 { return "here is \(paths[0])" }
        return "here are " + paths.dropLast().joined(separator: ", ") + " and " + (paths.last ?? "")
    }

    private static func page(_ call: Call) {
        let nonce = StatusPage.makeNonce()
        call.reply(
            contentType: "text/html; charset=utf-8", fields: StatusPage.fields(nonce: nonce),
            content: StatusPage.content(nonce: nonce))
    }

    /// A page of another site can't read the events, but its streams would take the places of the operators' pages.
    private static func events(_ call: Call, _ pages: PageStreams) {
        if call.isCrossSite {
            call.reply(status: 403, error: "pages of other sites get no events")
        } else {
            pages.open(call)
        }
    }

    private static func json(_ value: some Encodable) -> [UInt8] { JSON.encode(value) + [UInt8(ascii: "\n")] }
}
