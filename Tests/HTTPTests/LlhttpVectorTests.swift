import HTTP
import Testing

/// llhttp's strict tables. This parser must find the same messages, fields and content, and an error where llhttp finds
/// one.
///
/// The test inserts a Host field into an HTTP/1.1 request without one. Otherwise, nearly all requests of the tables
/// would fail for that reason alone.
@Suite(.enabled(if: VectorFolder.path != nil, "\(VectorFolder.isAbsentReason)"))
struct LlhttpVectorTests {
    static let requests = LlhttpCase.all(in: "llhttp/request", type: "request")
    static let responses = LlhttpCase.all(in: "llhttp/response", type: "response")

    @Test func findsTheCases() {
        #expect(Self.requests.count > 80)
        #expect(Self.responses.count > 50)
        let names = Set((Self.requests + Self.responses).map(\.name))
        #expect(LlhttpExceptions.table.keys.filter { !names.contains($0) }.isEmpty, "exceptions for no case")
    }

    @Test(arguments: requests + responses)
    func agrees(_ example: LlhttpCase) {
        let isRequest = example.type == "request"
        let (conversation, difference) = Conversation.fedEveryWay(
            isRequest ? .client : .server(answering: .get), withHosts(example))
        #expect(difference == nil)
        let complaint = disagreement(example.log, conversation)
        if LlhttpExceptions.table[example.name] == nil {
            #expect(complaint == nil)
        } else {
            #expect(complaint != nil, "listed as an exception, and yet it agrees")
        }
    }

    private func withHosts(_ example: LlhttpCase) -> [UInt8] {
        var input = example.input
        for place in example.log.hostless.reversed() {
            input.insert(contentsOf: "Host: inserted.test\r\n".utf8, at: place)
        }
        // llhttp rejects these requests in their first line, and its log does not give the end of that line.
        let text = String(decoding: input, as: UTF8.self)
        if example.type == "request", input == example.input, !text.contains("Host:") {
            input = Array(text.replacing(" HTTP/1.1\r\n", with: " HTTP/1.1\r\nHost: inserted.test\r\n").utf8)
        }
        return input
    }

    /// The difference between the parser's result and the log, or nil.
    private func disagreement(_ log: LlhttpLog, _ conversation: Conversation) -> String? {
        let isFailed = conversation.error != nil || conversation.ending == .dataAfterClose
        if log.isFailed != isFailed, !log.isUpgraded { return "ended as \(conversation.ending)" }
        var ours = conversation.messages.map { message in
            LlhttpLog.Message(
                start: message.start,
                fields: message.fields.filter { $0.value != "inserted.test" }.map { [$0.name, $0.value] },
                body: message.body,
                // The log does not show the end of the connection.
                isComplete: message.isComplete && message.framing != .untilClose)
        }
        var theirs = log.messages
        if log.isUpgraded { ours = Array(ours.prefix(theirs.count)) }
        if log.isFailed {
            // In a rejected message, the parsers may stop at different points.
            ours = ours.filter(\.isComplete)
            theirs = theirs.filter(\.isComplete)
        }
        return ours == theirs ? nil : "read \(ours) instead of \(theirs)"
    }
}
