package import HTTP

/// Short responses with known content.
extension Downstream {
    /// The error response of all parts: `{"error": "..."}`.
    ///
    /// - Parameters:
    ///   - allow: the methods that a 405 has to name (RFC 9110, 15.5.6).
    ///   - requestID: the id of the request in logs.
    ///   - mark: a fact for the previous hop.
    package func respond(
        status: UInt16, error message: String, retryAfterSeconds: Int? = nil, allow: StaticString? = nil,
        requestID: UnsafeBufferPointer<UInt8>? = nil, mark: ResponseMark? = nil
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

    /// Bytes of the content of an error response; `message` needs no escapes.
    func errorContentLength(of message: StaticString) -> Int {
        #"{"error": ""}"#.utf8.count + 1 + message.utf8CodeUnitCount
    }

    package func respond(status: UInt16, contentType: StaticString, text: String) {
        var body = ByteBuffer()
        body.append(text: text)
        respond(status: status, contentType: contentType, body: body.readable)
        body.release()
    }

    package func respond(
        status: UInt16, contentType: StaticString, body: UnsafeBufferPointer<UInt8>, retryAfterSeconds: Int? = nil,
        allow: StaticString? = nil, requestID: UnsafeBufferPointer<UInt8>? = nil, mark: ResponseMark? = nil
    ) {
        guard canRespond else { return }
        beginResponse(status: status)
        appendDate()
        appendField("content-type", contentType)
        if let retryAfterSeconds { appendField(name: "retry-after", decimal: UInt64(max(0, retryAfterSeconds))) }
        if let allow { appendField("allow", allow) }
        if let requestID, !requestID.isEmpty { appendField(name: "x-request-id", value: requestID) }
        if let mark { appendField(mark.name, mark.value) }
        endResponseHead(.length(UInt64(body.count)))
        writeBody(body)
        endResponse()
    }
}

extension ByteBuffer {
    /// Appends text as the inside of a JSON string (RFC 8259, 7). Scalars that a reader can't see are escaped.
    package mutating func append(jsonEscaped text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _ where scalar.isHidden: for unit in scalar.utf16 { append(jsonUnit: unit) }
            default: append(text: String(scalar))
            }
        }
    }

    /// Appends a UTF-16 code unit as `\u` and four digits.
    private mutating func append(jsonUnit unit: UInt16) {
        append("\\u")
        for shift in [12, 8, 4, 0] { append(hexadecimal: UInt64(unit >> UInt16(shift) & 0xF)) }
    }
}
