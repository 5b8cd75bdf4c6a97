internal import HTTP

/// The task that a request selects.
enum TaskRequest: Equatable, Sendable {
    /// `GET /`: the worker's name.
    case name
    /// `GET /health`
    case health
    /// `POST /write`
    case write
    /// `GET /read`; with `tail=N`, only the last N lines.
    case read(tailLines: Int?)
    /// `POST /reverse`; with `delay_ms=N`, the response comes after N milliseconds.
    case reverse(delayMilliseconds: Int)
    /// `GET /bytes/N`
    case bytes(count: Int)
    /// `POST /echo`
    case echo

    /// - Parameter path: the target's path and query, from `RequestHead.path`. The function does not decode
    ///   percent-encoding, because no task's path needs it.
    init(method: Method, path: UnsafeBufferPointer<UInt8>) throws(TaskRejection) {
        // `path` is empty for `OPTIONS *` and for an absolute-form target without a path, which means `/`.
        let mark = path.firstIndex(of: UInt8(ascii: "?")) ?? path.endIndex
        let name = path[..<mark]
        let query = path[mark...].dropFirst()
        if name.isEmpty || Self.equals(name, "/") {
            try Self.require(.getAndHead, method)
            self = .name
        } else if Self.equals(name, "/health") {
            try Self.require(.getAndHead, method)
            self = .health
        } else if Self.equals(name, "/write") {
            try Self.require(.post, method)
            self = .write
        } else if Self.equals(name, "/read") {
            try Self.require(.getAndHead, method)
            self = .read(tailLines: try DecimalNumber.parameter("tail", of: query, limit: TaskLimits.tailLines))
        } else if Self.equals(name, "/reverse") {
            try Self.require(.post, method)
            let delay = try DecimalNumber.parameter("delay_ms", of: query, limit: TaskLimits.delayMilliseconds)
            self = .reverse(delayMilliseconds: delay ?? 0)
        } else if Self.equals(name, "/echo") {
            try Self.require(.post, method)
            self = .echo
        } else if Self.equals(name.prefix(7), "/bytes/") {
            try Self.require(.getAndHead, method)
            let limit = TaskLimits.patternBytes
            guard let count = DecimalNumber.read(name.dropFirst(7), limit: limit, decodesPercent: false) else {
                throw .badParameter("/bytes/N takes a whole number from 0 to \(limit)")
            }
            self = .bytes(count: count)
        } else {
            throw .unknownPath
        }
    }

    private static func require(_ allowed: AllowedMethods, _ method: Method) throws(TaskRejection) {
        switch (allowed, method) {
        case (.getAndHead, .get), (.getAndHead, .head), (.post, .post): return
        default: throw .wrongMethod(allowed)
        }
    }

    private static func equals(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ literal: StaticString) -> Bool {
        bytes.elementsEqual(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
