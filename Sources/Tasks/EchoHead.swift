internal import HTTP

/// The response head of an echo, stored until the first byte of content arrives. Until then, the request may still fail
/// or time out, and the response is then an error.
struct EchoHead {
    /// The request's Content-Type; nil if the request has none.
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
