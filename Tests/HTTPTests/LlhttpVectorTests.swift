import HTTP
import Testing

/// llhttp's strict tables: the same messages, fields and content, and an error where llhttp has one.
///
/// A request of HTTP/1.1 without Host gets one put in, since nearly all of the table's would fail for that alone.
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
        // Refused in its first line: the log doesn't say where that ends.
        let text = String(decoding: input, as: UTF8.self)
        if example.type == "request", input == example.input, !text.contains("Host:") {
            input = Array(text.replacing(" HTTP/1.1\r\n", with: " HTTP/1.1\r\nHost: inserted.test\r\n").utf8)
        }
        return input
    }

    /// In what our conversation differs from the log, or nil.
    private func disagreement(_ log: LlhttpLog, _ conversation: Conversation) -> String? {
        let isFailed = conversation.error != nil || conversation.ending == .dataAfterClose
        if log.isFailed != isFailed, !log.isUpgraded { return "ended as \(conversation.ending)" }
        var ours = conversation.messages.map { message in
            LlhttpLog.Message(
                start: message.start,
                fields: message.fields.filter { $0.value != "inserted.test" }.map { [$0.name, $0.value] },
                body: message.body,
                // The log knows no end of the connection.
                isComplete: message.isComplete && message.framing != .untilClose)
        }
        var theirs = log.messages
        if log.isUpgraded { ours = Array(ours.prefix(theirs.count)) }
        if log.isFailed {
            // How far a parser got in a message that it refuses is its own affair.
            ours = ours.filter(\.isComplete)
            theirs = theirs.filter(\.isComplete)
        }
        return ours == theirs ? nil : "read \(ours) instead of \(theirs)"
    }
}
