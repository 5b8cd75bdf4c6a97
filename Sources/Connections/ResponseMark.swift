/// A field in a worker's own error response. It tells the balancer how far the request has come, and whose fault that is.
package struct ResponseMark: Sendable {
    package let name: StaticString
    package let value: StaticString

    package init(name: StaticString, value: StaticString = "1") {
        self.name = name
        self.value = value
    }

    /// The worker has no room for the request, and nobody has seen it. Any other worker may get it. That is no failure of
    /// this worker: its clients use all that it has. An older balancer reads the name only.
    package static let busy = ResponseMark(name: "understudy-untaken", value: "busy")
    /// The worker has ended the request because of a shortage. It may have begun. That is no failure of the worker either.
    package static let shed = ResponseMark(name: "understudy-shed")
}
