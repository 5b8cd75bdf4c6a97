/// Builds a request head from the fields of an HTTP/2 header block (RFC 9113 8.3).
///
/// The assembler is as strict as `RequestParser` is for HTTP/1.1, so code that reads heads need not know the version.
/// The laws of `RequestParser` hold: the assembler rejects an ambiguous request, and limits bound its memory. The
/// assembler drops every field after an error. An extended CONNECT for `websocket` (RFC 8441) becomes the equivalent
/// HTTP/1.1 GET with an upgrade, except that it has no key.
package struct RequestAssembler: ~Copyable {
    /// The names and values that the ranges refer to, one after another.
    private var buffer = ByteBuffer()
    private let limits: HTTPLimits
    private var section = FieldSection(isRequest: true)
    private var failure: HTTPError?
    private var size = 0
    private var hasFields = false
    private var pseudo = PseudoFields()
    /// Values of the Cookie fields; `finish` joins the values (RFC 9113 8.2.3).
    private var crumbs: [ByteRange] = []

    /// The five pseudo-header fields of a request; nil for an absent field.
    private struct PseudoFields {
        var method: ByteRange?
        var scheme: ByteRange?
        var authority: ByteRange?
        var path: ByteRange?
        var purpose: ByteRange?

        /// Stores a pseudo-header field.
        ///
        /// - Returns: false if the name is unknown or repeated.
        mutating func take(_ name: UnsafeBufferPointer<UInt8>, _ value: ByteRange) -> Bool {
            switch name.count {
            case 7 where name.isFieldName(":method"): PseudoFields.take(value, &method)
            case 7 where name.isFieldName(":scheme"): PseudoFields.take(value, &scheme)
            case 10 where name.isFieldName(":authority"): PseudoFields.take(value, &authority)
            case 5 where name.isFieldName(":path"): PseudoFields.take(value, &path)
            case 9 where name.isFieldName(":protocol"): PseudoFields.take(value, &purpose)
            default: false
            }
        }

        private static func take(_ value: ByteRange, _ place: inout ByteRange?) -> Bool {
            guard place == nil else { return false }
            place = value
            return true
        }
    }

    package init(limits: HTTPLimits = .standard) {
        self.limits = limits
    }

    /// Size of the present block in bytes, as `HTTPLimits.head` counts it.
    package var listSize: Int { size }

    /// The bytes that the head's ranges refer to, until the next `begin`.
    package var bytes: UnsafeBufferPointer<UInt8> { buffer.readable }

    /// Frees the memory of a large head. The ranges of a head are invalid afterwards.
    package mutating func releaseLargeHead() { buffer.clear() }

    /// Restarts the assembler for the next block and keeps its memory.
    package mutating func begin(_ head: inout RequestHead) {
        head.clear()
        buffer.removeAll()
        section = FieldSection(isRequest: true)
        failure = nil
        size = 0
        hasFields = false
        pseudo = PseudoFields()
        crumbs.removeAll(keepingCapacity: true)
    }

    /// Records an error that the caller found in the block. The first error stays.
    package mutating func fail(_ error: HTTPError) {
        if failure == nil { failure = error }
    }

    /// Adds the next field of the block.
    package mutating func add(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, to head: inout RequestHead
    ) {
        // The size of the field's line in HTTP/1.1.
        size &+= name.count &+ value.count &+ 4
        guard failure == nil else { return }
        guard size <= limits.head else { return fail(.headTooLarge) }
        if name.first == 0x3A {
            addPseudoField(name, value)
        } else if let error = addField(name, value, to: &head) {
            fail(error)
        }
    }

    private mutating func addPseudoField(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        guard !hasFields, HeaderBlockField.error(inValue: value) == nil else { return fail(.invalidPseudoField) }
        let range = append(value)
        if !pseudo.take(name, range) { fail(.invalidPseudoField) }
    }

    private mutating func addField(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, to head: inout RequestHead
    ) -> HTTPError? {
        hasFields = true
        if let error = HeaderBlockField.error(name: name, value: value) { return error }
        // RFC 9113 8.2.2: an HTTP/2 message must not contain connection-specific fields.
        if HeaderBlockField.isConnectionSpecific(name) { return .connectionSpecificField }
        let nameRange = append(name)
        let valueRange = append(value)
        guard let base = buffer.readable.baseAddress else { return .invalidFieldName }
        guard head.fields.count < limits.fields else { return .tooManyFields }
        let count = head.fields.count
        if let error = section.take(base, name: nameRange, value: valueRange, into: &head.fields) { return error }
        guard head.fields.count > count else { return nil }
        switch head.fields[count].known {
        case .te where !value.elementsEqual("trailers".utf8): return .connectionSpecificField
        case .cookie:
            head.fields.removeLast()
            crumbs.append(valueRange)
        default: break
        }
        return nil
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) -> ByteRange {
        let start = buffer.count
        buffer.append(bytes)
        return ByteRange(from: start, to: buffer.count)
    }

    // MARK: End of the block

    /// Ends the block and fills the head.
    ///
    /// - Parameter isEnd: true if no content follows.
    /// - Returns: the error if the request is not acceptable, otherwise nil.
    package mutating func finish(_ head: inout RequestHead, isEnd: Bool) -> HTTPError? {
        if let failure { return failure }
        joinCrumbs(&head)
        guard let method = pseudo.method, !method.isEmpty else { return .invalidPseudoField }
        if let error = readMethod(method, &head) { return error }
        let isTunnel = pseudo.purpose != nil
        if head.method == .connect {
            // RFC 8441 4. A plain CONNECT requests a tunnel to an arbitrary host.
            guard let purpose = pseudo.purpose, equals(purpose, "websocket") else { return .connectNotSupported }
        } else if isTunnel {
            return .invalidPseudoField
        }
        guard let scheme = pseudo.scheme else { return .invalidPseudoField }
        let isSecure = equals(scheme, "https")
        guard isSecure || equals(scheme, "http") else { return .invalidPseudoField }
        if let error = readPath(&head) ?? readAuthority(&head, defaultPort: isSecure ? 443 : 80) { return error }
        if let error = isTunnel ? readTunnel(&head, isEnd: isEnd) : readFraming(&head, isEnd: isEnd) { return error }
        head.minorVersion = 1
        head.isPersistent = true
        head.acceptsTrailers = section.seen.contains(.trailers)
        head.count = buffer.count
        return nil
    }

    private mutating func joinCrumbs(_ head: inout RequestHead) {
        guard let first = crumbs.first else { return }
        var value = first
        if crumbs.count > 1 {
            let start = buffer.count
            // The reservation is at most the size of one more head. The code reserves first, because a buffer must not
            // append its own bytes.
            var total = (crumbs.count - 1) * 2
            for crumb in crumbs { total &+= Int(crumb.count) }
            let target = buffer.reserve(total)
            let source = buffer.readable
            var offset = 0
            for (index, crumb) in crumbs.enumerated() {
                if index > 0 {
                    target[offset] = 0x3B
                    target[offset &+ 1] = ByteScan.space
                    offset &+= 2
                }
                for byte in crumb.in(source) {
                    target[offset] = byte
                    offset &+= 1
                }
            }
            buffer.commit(offset)
            value = ByteRange(from: start, to: buffer.count)
        }
        let nameStart = buffer.count
        buffer.append("cookie")
        let name = ByteRange(from: nameStart, to: buffer.count)
        head.fields.append(Field(name: name, value: value, known: .cookie, isHopByHop: false))
    }

    private func readMethod(_ range: ByteRange, _ head: inout RequestHead) -> HTTPError? {
        var packed: UInt64 = 0
        for byte in range.in(buffer.readable) {
            guard ByteSet.method.contains(byte) else { return .invalidMethod }
            packed = packed &<< 8 | UInt64(byte)
        }
        guard range.count <= RequestParser.maximumMethodLength else { return .methodTooLong }
        head.method = Method(packed: packed)
        head.methodName = range
        return nil
    }

    /// Reads `:path`, which is in origin-form, or `*` for OPTIONS (RFC 9113 8.3.1).
    private func readPath(_ head: inout RequestHead) -> HTTPError? {
        guard let path = pseudo.path, !path.isEmpty, let base = buffer.readable.baseAddress else {
            return .invalidPseudoField
        }
        guard Int(path.count) <= limits.requestLine else { return .requestLineTooLong }
        guard ByteScan.endOfTarget(base, from: Int(path.start), to: Int(path.end)) == Int(path.end),
            base[Int(path.start)] == 0x2F || base[Int(path.start)] == 0x2A
        else { return .invalidTarget }
        return RequestTarget.read(base, from: Int(path.start), to: Int(path.end), into: &head)
    }

    /// Reads `:authority`, or Host if there is no `:authority`. If both fields are present, they must name one host and
    /// port (RFC 9113 8.3.1).
    ///
    /// - Parameter defaultPort: of the request's scheme.
    private func readAuthority(_ head: inout RequestHead, defaultPort: Int) -> HTTPError? {
        guard let base = buffer.readable.baseAddress else { return .missingHost }
        let hasHost = section.seen.contains(.host)
        guard let authority = pseudo.authority else {
            guard hasHost else { return .missingHost }
            head.authority = section.host
            return nil
        }
        guard Authority.isValid(base, from: Int(authority.start), to: Int(authority.end)) else { return .invalidHost }
        if hasHost {
            let host = section.host.in(buffer.readable)
            guard Authority.isSame(host, authority.in(buffer.readable), defaultPort: defaultPort) else {
                return .hostDiffersFromAuthority
            }
        }
        head.authority = authority
        return nil
    }

    private func readFraming(_ head: inout RequestHead, isEnd: Bool) -> HTTPError? {
        let hasLength = section.seen.contains(.contentLength)
        if isEnd {
            guard !hasLength || section.contentLength == 0 else { return .invalidContentLength }
            // RFC 9110 8.6: a request without content gives a length of 0 if its method anticipates content.
            let isAboutContent = head.method == .post || head.method == .put || head.method == .patch
            head.framing = hasLength || isAboutContent ? .length(0) : .none
        } else {
            head.framing = hasLength ? .length(section.contentLength) : .chunked
            head.mayHaveTrailers = hasLength
            head.expectsContinue = section.seen.contains(.expectContinue) && head.framing != .length(0)
        }
        return nil
    }

    private mutating func readTunnel(_ head: inout RequestHead, isEnd: Bool) -> HTTPError? {
        guard !isEnd, !section.seen.contains(.contentLength) else { return .invalidPseudoField }
        let start = buffer.count
        buffer.append("GET")
        head.method = .get
        head.methodName = ByteRange(from: start, to: buffer.count)
        head.framing = .none
        head.upgradesToWebSocket = true
        return nil
    }

    private func equals(_ range: ByteRange, _ literal: StaticString) -> Bool {
        range.in(buffer.readable).isFieldName(literal)
    }
}
