import Foundation

/// llhttp's result for an input, read from its log.
///
/// The log has lines of the forms `off=N event` and `off=N len=N span[name]="…"`. The text of a span is cut from the
/// input by its offset, because the log does not quote it exactly.
struct LlhttpLog: Sendable {
    /// A message with a complete head.
    struct Message: Equatable, Sendable {
        /// The method and target of a request, or the status and reason of a response.
        var start: [String]
        /// Pairs of name and value.
        var fields: [[String]]
        var body: [UInt8] = []
        var isComplete = false
    }

    private(set) var messages: [Message] = []
    private(set) var isFailed = false
    /// True if llhttp stopped because the connection no longer carries HTTP.
    private(set) var isUpgraded = false
    /// Offsets after the request lines of HTTP/1.1 requests without Host.
    private(set) var hostless: [Int] = []

    private let input: [UInt8]
    private let isRequest: Bool
    private var spans: [String: [UInt8]] = [:]
    private var fields: [[String]] = []

    init(_ lines: [String], of input: [UInt8], isRequest: Bool) {
        self.input = input
        self.isRequest = isRequest
        for line in lines where line.hasPrefix("off=") {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            let offset = Int(words[0].dropFirst(4)) ?? 0
            if words[1].hasPrefix("len="), words.count == 3 {
                let name = words[2].dropFirst("span[".count).prefix { $0 != "]" }
                takeSpan(String(name), offset, Int(words[1].dropFirst(4)) ?? 0)
            } else {
                takeEvent(words.dropFirst().joined(separator: " "), offset)
            }
        }
    }

    private mutating func takeSpan(_ name: String, _ offset: Int, _ count: Int) {
        let bytes = input[min(offset, input.count)..<min(input.count, offset + count)]
        if name == "body", !messages.isEmpty {
            messages[messages.count - 1].body += bytes
        } else {
            spans[name, default: []] += bytes
        }
    }

    private mutating func takeEvent(_ event: String, _ offset: Int) {
        switch event {
        case "message begin":
            spans = [:]
            fields = []
        case "version complete":
            let endsLine = input[min(offset, input.count)...].starts(with: [0x0D, 0x0A])
            if isRequest, text("version") == "1.1", endsLine { hostless.append(offset + 2) }
        case "header_value complete":
            fields.append([text("header_field"), text("header_value")])
            if text("header_field").lowercased() == "host" { hostless = hostless.dropLast() }
            spans["header_field"] = nil
            spans["header_value"] = nil
        case "message complete":
            if !messages.isEmpty { messages[messages.count - 1].isComplete = true }
        default:
            if event.hasPrefix("headers complete status="), !isRequest {
                let status = event.split(separator: "=")[1].prefix { $0.isNumber }
                messages.append(Message(start: [String(status), text("status")], fields: fields))
            } else if event.hasPrefix("headers complete") {
                messages.append(Message(start: [text("method"), text("url")], fields: fields))
            } else if event.hasPrefix("error code=") {
                // The codes 21 to 24 are pauses: a callback requested them, or an upgrade follows.
                let code = Int(event.dropFirst("error code=".count).prefix { $0.isNumber }) ?? 0
                isUpgraded = code == 22
                isFailed = !(21...24).contains(code)
            }
        }
    }

    private func text(_ span: String) -> String {
        String(decoding: spans[span] ?? [], as: UTF8.self).trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
    }
}
