package import Connections

/// A field of the access log. Its raw value is its name in lines and in `--access-log-fields`.
package enum AccessLogField: String, Sendable, CaseIterable {
    case time, client, method, target, status, bytes, ms, node, id
    case host
    case `protocol`
    case userAgent = "user_agent"
    case bytesReceived = "bytes_received"
    case tlsVersion = "tls_version"
    case attempts
    case queueMilliseconds = "queue_ms"
    case connectMilliseconds = "connect_ms"
    case firstByteMilliseconds = "first_byte_ms"
}

/// The fields of each line, in their order. `default` stands for the fields of a line without the option, and `all` for all.
package struct AccessLogFields: Sendable, Equatable {
    package static let standard: [AccessLogField] = [
        .time, .client, .method, .target, .status, .bytes, .ms, .node, .id,
    ]

    let fields: [AccessLogField]
    /// The option's value.
    package let text: String

    /// The fields of a line without the option.
    package init() {
        fields = AccessLogFields.standard
        text = "default"
    }

    /// Nil for an empty list, and for an unknown name. A repeated field counts once.
    package init?(_ text: String) {
        var fields: [AccessLogField] = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            let named: [AccessLogField]
            switch name {
            case "default": named = AccessLogFields.standard
            case "all": named = AccessLogField.allCases
            default:
                guard let field = AccessLogField(rawValue: String(name)) else { return nil }
                named = [field]
            }
            for field in named where !fields.contains(field) { fields.append(field) }
        }
        self.fields = fields
        self.text = text
    }

    /// The facts that a server has to keep for these fields.
    var facts: ObservedFacts {
        var facts = ObservedFacts.basic
        if fields.contains(.host) { facts.insert(.host) }
        if fields.contains(.userAgent) { facts.insert(.userAgent) }
        if fields.contains(.tlsVersion) { facts.insert(.tls) }
        return facts
    }
}
