import HTTP
import Testing

/// The request files of gunicorn that every well-kept server agrees about.
@Suite(.enabled(if: VectorFolder.path != nil, "\(VectorFolder.isAbsentReason)"))
struct GunicornVectorTests {
    @Test func findsTheFiles() {
        #expect(VectorFolder.files("gunicorn/accept", ".http").count > 10)
        #expect(VectorFolder.files("gunicorn/reject", ".http").count > 20)
    }

    @Test(arguments: VectorFolder.files("gunicorn/accept", ".http"))
    func accepts(_ sample: Sample) {
        let (conversation, difference) = Conversation.fedEveryWay(.client, sample.input)
        // What comes behind `Connection: close` is not looked at.
        #expect([.clean, .dataAfterClose].contains(conversation.ending))
        #expect(!conversation.messages.isEmpty)
        #expect(conversation.complete.count == conversation.messages.count)
        #expect(difference == nil)
    }

    /// Rejected means an error, or a stream that never becomes a whole message.
    @Test(arguments: VectorFolder.files("gunicorn/reject", ".http"))
    func rejects(_ sample: Sample) {
        let (conversation, difference) = Conversation.fedEveryWay(.client, sample.input)
        #expect(conversation.error != nil || conversation.ending == .incompleteBody)
        #expect(difference == nil)
    }
}
