/// Builds a response head from the fields of an HTTP/2 header block (RFC 9113 8.3.2), as strictly as `ResponseParser`
/// parses HTTP/1.1.
package struct ResponseAssembler: ~Copyable {
    /// The names and values that the ranges refer to, one after another.
    private var buffer = ByteBuffer()
    private let limits: HTTPLimits
    private var section = FieldSection(isRequest: false)
    private var failure: HTTPError?
    private var size = 0

    package init(limits: HTTPLimits = .standard) {
        self.limits = limits
    }

    /// The bytes that the head's ranges refer to, until the next `begin`.
    package var bytes: UnsafeBufferPointer<UInt8> { buffer.readable }

    /// Restarts the assembler for the next block and keeps its memory.
    package mutating func begin(_ head: inout ResponseHead) {
        head.clear()
        buffer.removeAll()
        section = FieldSection(isRequest: false)
        failure = nil
        size = 0
    }

    package mutating func add(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, to head: inout ResponseHead
    ) {
        size &+= name.count &+ value.count &+ 4
        guard failure == nil else { return }
        failure = size > limits.head ? .headTooLarge : take(name, value, &head)
    }

    private mutating func take(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, _ head: inout ResponseHead
    ) -> HTTPError? {
        if name.first == 0x3A {
            guard name.isFieldName(":status"), head.status == 0, value.count == 3 else { return .malformedStatusLine }
            for byte in value {
                guard byte &- 0x30 < 10 else { return .malformedStatusLine }
                head.status = head.status &* 10 &+ UInt16(byte &- 0x30)
            }
            return head.status >= 100 && head.status != 101 ? nil : .malformedStatusLine
        }
        if let error = HeaderBlockField.error(name: name, value: value) { return error }
        if HeaderBlockField.isConnectionSpecific(name) { return .connectionSpecificField }
        let start = buffer.count
        buffer.append(name)
        buffer.append(value)
        let nameEnd = start &+ name.count
        guard let base = buffer.readable.baseAddress, head.fields.count < limits.fields else { return .tooManyFields }
        return section.take(
            base, name: ByteRange(from: start, to: nameEnd), value: ByteRange(from: nameEnd, to: buffer.count),
            into: &head.fields)
    }

    /// Ends the block and fills the head.
    ///
    /// - Parameter isEnd: true if no content follows.
    /// - Returns: the error if the response is not acceptable, otherwise nil.
    package mutating func finish(_ head: inout ResponseHead, isEnd: Bool) -> HTTPError? {
        if let failure { return failure }
        guard head.status != 0 else { return .malformedStatusLine }
        if section.seen.contains(.contentLength) { head.contentLength = section.contentLength }
        if isEnd || head.status < 200 {
            head.framing = .none
        } else if let length = head.contentLength {
            head.framing = .length(length)
            head.mayHaveTrailers = true
        } else {
            head.framing = .chunked
        }
        head.isPersistent = true
        head.count = buffer.count
        return nil
    }
}
