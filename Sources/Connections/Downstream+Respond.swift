package import HTTP

/// Short responses that are known whole.
extension Downstream {
    /// The error response that all parts give: `{"error": "..."}`.
    ///
    /// - Parameters:
    ///   - allow: the methods that a 405 has to name (RFC 9110, 15.5.6).
    ///   - requestID: by which the request can be found in logs.
    ///   - mark: a field that says something to the hop before us, by being there.
    package func respond(
        status: UInt16, error message: String, retryAfterSeconds: Int? = nil, allow: StaticString? = nil,
        requestID: UnsafeBufferPointer<UInt8>? = nil, mark: StaticString? = nil
    ) {
        var body = ByteBuffer()
        body.append("{\"error\": \"")
        body.append(jsonEscaped: message)
        body.append("\"}\n")
        respond(
            status: status, contentType: "application/json", body: body.readable, retryAfterSeconds: retryAfterSeconds,
            allow: allow, requestID: requestID, mark: mark)
        body.release()
    }

    package func respond(status: UInt16, contentType: StaticString, text: String) {
        var body = ByteBuffer()
        body.append(text: text)
        respond(status: status, contentType: contentType, body: body.readable)
        body.release()
    }

    package func respond(
        status: UInt16, contentType: StaticString, body: UnsafeBufferPointer<UInt8>, retryAfterSeconds: Int? = nil,
        allow: StaticString? = nil, requestID: UnsafeBufferPointer<UInt8>? = nil, mark: StaticString? = nil
    ) {
        guard canRespond else { return }
        beginResponse(status: status)
        appendDate()
        appendField("content-type", contentType)
        if let retryAfterSeconds { appendField(name: "retry-after", decimal: UInt64(max(0, retryAfterSeconds))) }
        if let allow { appendField("allow", allow) }
        if let requestID, !requestID.isEmpty { appendField(name: "x-request-id", value: requestID) }
        if let mark { appendField(mark, "1") }
        endResponseHead(.length(UInt64(body.count)))
        writeBody(body)
        endResponse()
    }
}

extension ByteBuffer {
    /// Appends text as the inside of a JSON string (RFC 8259, 7).
    package mutating func append(jsonEscaped text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\u{00}"..<"\u{20}":
                append("\\u00")
                append(byte: UInt8(ascii: scalar.value < 0x10 ? "0" : "1"))
                append(hexadecimal: UInt64(scalar.value & 0xF))
            default: append(text: String(scalar))
            }
        }
    }
}
