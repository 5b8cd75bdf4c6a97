import HTTP
import Testing

/// Runs gunicorn's request files. All well-maintained servers agree on their results.
@Suite(.enabled(if: VectorFolder.path != nil, "\(VectorFolder.isAbsentReason)"))
struct GunicornVectorTests {
    @Test func findsTheFiles() {
        #expect(VectorFolder.files("gunicorn/accept", ".http").count > 10)
        #expect(VectorFolder.files("gunicorn/reject", ".http").count > 20)
    }

    @Test(arguments: VectorFolder.files("gunicorn/accept", ".http"))
    func accepts(_ sample: Sample) {
        let (conversation, difference) = Conversation.fedEveryWay(.client, sample.input)
        // The server ignores bytes after a request with `Connection: close`.
        #expect([.clean, .dataAfterClose].contains(conversation.ending))
        #expect(!conversation.messages.isEmpty)
        #expect(conversation.complete.count == conversation.messages.count)
        #expect(difference == nil)
    }

    /// A rejection is an error, or a message that is never complete.
    @Test(arguments: VectorFolder.files("gunicorn/reject", ".http"))
    func rejects(_ sample: Sample) {
        let (conversation, difference) = Conversation.fedEveryWay(.client, sample.input)
        #expect(conversation.error != nil || conversation.ending == .incompleteBody)
        #expect(difference == nil)
    }
}
