internal import Connections
internal import HTTP
internal import Sockets

/// The form of the lines: the text before each value is made once, and a line only appends.
struct AccessLogLayout: Sendable {
    private let format: LogFormat
    private let parts: [(field: AccessLogField, lead: [UInt8])]

    init(_ fields: AccessLogFields, _ format: LogFormat) {
        self.format = format
        parts = fields.fields.enumerated().map { index, field in
            let lead =
                switch format {
                case .text: (index == 0 ? "" : " ") + field.rawValue + "="
                case .json: (index == 0 ? "{\"" : ",\"") + field.rawValue + "\":"
                }
            return (field, Array(lead.utf8))
        }
    }

    /// Appends a whole line, with its newline.
    func append(_ entry: AccessLogEntry, time: UnsafeBufferPointer<UInt8>, now: UInt64, to output: inout ByteBuffer) {
        for (field, lead) in parts {
            lead.withUnsafeBufferPointer { output.append($0) }
            append(field, of: entry, time, now, to: &output)
        }
        output.append(format == .json ? "}\n" : "\n")
    }

    /// The line that reports lost lines.
    func lossLine(_ count: Int, time: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        switch format {
        case .text: Array("# lines dropped so far, since the disk was too slow: \(count)\n".utf8)
        case .json:
            Array("{\"time\":\"".utf8) + Array(time) + Array("\",\"lines_dropped\":\(count)}\n".utf8)
        }
    }

    private func append(
        _ field: AccessLogField, of entry: AccessLogEntry, _ time: UnsafeBufferPointer<UInt8>, _ now: UInt64,
        to output: inout ByteBuffer
    ) {
        switch field {
        case .time: append(word: time, to: &output)
        case .client: append(word: entry.client, to: &output)
        case .method: append(word: entry.method, to: &output)
        case .target: append(text: entry.target, to: &output)
        case .status: output.append(decimal: UInt64(entry.status))
        case .bytes: output.append(decimal: entry.sentBytes)
        case .bytesReceived: output.append(decimal: entry.receivedBytes)
        case .ms: append(nanoseconds: now &- entry.startedAt, to: &output)
        case .node: append(word: entry.node, to: &output)
        case .id: append(text: entry.id, to: &output)
        case .host: append(text: entry.host, to: &output)
        case .protocol: append(word: entry.version?.rawValue ?? "", to: &output)
        case .userAgent: append(text: entry.userAgent, to: &output)
        case .tlsVersion: append(word: entry.tls?.version.rawValue ?? "", to: &output)
        case .attempts: output.append(decimal: UInt64(entry.attempts))
        case .queueMilliseconds: append(nanoseconds: entry.times?.queue, to: &output)
        case .connectMilliseconds: append(nanoseconds: entry.times?.connect, to: &output)
        case .firstByteMilliseconds:
            append(nanoseconds: entry.times?.firstByteAt.map { $0 &- entry.startedAt }, to: &output)
        }
    }

    // MARK: Values

    private func appendNothing(to output: inout ByteBuffer) { output.append(format == .json ? "null" : "-") }

    /// A value of this program, or one without spaces and quotes.
    private func append(word: String, to output: inout ByteBuffer) {
        var word = word
        word.withUTF8 { append(word: $0, to: &output) }
    }

    private func append(word: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
        if word.isEmpty { return appendNothing(to: &output) }
        if format == .json { append(text: word, to: &output) } else { output.append(word) }
    }

    /// Text of a peer.
    private func append(text: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
        output.append("\"")
        output.append(quotable: text, as: format)
        output.append("\"")
    }

    /// Milliseconds with three digits behind the point.
    private func append(nanoseconds: UInt64?, to output: inout ByteBuffer) {
        guard let nanoseconds else { return appendNothing(to: &output) }
        let microseconds = nanoseconds / 1000
        output.append(decimal: microseconds / 1000)
        output.append(".")
        output.append(number: Int(microseconds % 1000), digits: 3)
    }
}

extension ByteBuffer {
    /// Appends text for use inside quotes: printable ASCII unchanged, every other byte as `\x9b`, in JSON as `\u009b`. So a
    /// client's bytes can't end the value or the line.
    fileprivate mutating func append(quotable bytes: UnsafeBufferPointer<UInt8>, as format: LogFormat) {
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C:
                append(byte: 0x5C)
                append(byte: byte)
            case 0x20...0x7E: append(byte: byte)
            default:
                append(format == .json ? "\\u00" : "\\x")
                append(hexadecimalDigit: byte >> 4)
                append(hexadecimalDigit: byte & 0xF)
            }
        }
    }

    private mutating func append(hexadecimalDigit digit: UInt8) {
        append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
}
