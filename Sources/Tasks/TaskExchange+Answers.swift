internal import Connections
internal import HTTP

/// Responses that need no further work.
extension TaskExchange {
    static let textType: StaticString = "text/plain; charset=utf-8"
    static let binaryType: StaticString = "application/octet-stream"

    /// Reports the worker's health: 200, or 503 while the worker drains.
    func respondToProbe() {
        if downstream.isDraining {
            downstream.respond(status: 503, error: "this worker is stopping", mark: .busy)
        } else {
            downstream.respond(status: 200, contentType: TaskExchange.textType, text: "ok\n")
        }
    }

    func reject(_ rejection: TaskRejection) {
        switch rejection {
        case .unknownPath:
            downstream.respond(
                status: 404, error: "unknown path: try /, /write, /read, /reverse, /bytes/N, /echo or /health")
        case .wrongMethod(let allowed): rejectMethod(allowed)
        case .badParameter(let message), .badContent(let message): downstream.respond(status: 400, error: message)
        }
    }

    /// A 405 response must list the allowed methods (RFC 9110 15.5.6).
    private func rejectMethod(_ allowed: AllowedMethods) {
        var body = ByteBuffer()
        body.append("{\"error\": \"wrong method: this path takes ")
        body.append(allowed.list)
        body.append("\"}\n")
        downstream.beginResponse(status: 405)
        downstream.appendDate()
        downstream.appendField("allow", allowed.list)
        downstream.appendField("content-type", "application/json")
        downstream.endResponseHead(.length(UInt64(body.count)))
        downstream.writeBody(body.readable)
        downstream.endResponse()
    }

    func rejectTooLarge(_ collected: Collected) {
        downstream.respond(status: 413, error: "\(collected.name) has at most \(collected.limit) bytes")
    }

    func reject(_ error: SharedFileError) {
        downstream.respond(
            status: error.status, error: error.message, retryAfterSeconds: error.retryAfterSeconds, mark: error.mark)
    }
}
