internal import HTTP

/// What the head of an echo's response says, kept until the first byte of the content comes: until then the request
/// may still turn out broken or late, and be answered with that.
struct EchoHead {
    /// The request's Content-Type; nil when it has none.
    let contentType: [UInt8]?
    let framing: BodyFraming

    init(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        var contentType: [UInt8]?
        for field in head.fields where field.known == .contentType && contentType == nil {
            contentType = Array(field.value.in(bytes))
        }
        self.contentType = contentType
        framing = head.framing == .none ? .length(0) : head.framing
    }
}
