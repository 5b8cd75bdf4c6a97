import HTTP

/// Fuzzes a client's bytes: a sequence of requests.
///
/// Nothing traps, and cuts change nothing. Every accepted request can be written again. Any reader finds the same
/// framing in the written request, and the project's parser finds the same request.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRequest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzedInput(start, count, steeringCount: 4)
    let cuts = input.cuts(2)
    let conversation = Conversation.checkedEveryWay(.client, input.bytes, cuts: cuts)
    for message in conversation.complete { checkWritten(message) }
    return 0
}

private func checkWritten(_ message: Conversation.Message) {
    var written = ByteBuffer()
    let target = written.appendRequestHead(message)
    let reader = LenientReader(written.bytes, takesUnderscores: true)
    reader.checkFraming(message.framing)
    check(reader.hosts == 1, "\(reader.hosts) hosts were sent on")
    check(reader.blanksInStartLine == 2, "a start line of \(reader.blanksInStartLine + 1) words was sent on")

    written.appendContent(message.body, framing: message.framing, trailers: message.trailers)
    // The next hop accepts every request that the public port accepts.
    let read = Conversation(.client, written.bytes, limits: .withinCluster)
    // An HTTP/1.0 request may come without an authority. HTTP/1.1 requires one, and this request provides none.
    if message.authority.isEmpty { return }
    check(read.ending == .clean && read.messages.count == 1, "what was written is read as \(read)")
    guard let again = read.messages.first else { return }
    check(again.isComplete && again.start == [message.start[0], target], "another start line: \(again.start)")
    check(again.method == message.method && again.path == (target == "*" ? "" : target), "another target: \(again)")
    check(again.authority == message.authority, "another authority: \(again.authority)")
    check(again.framing == message.framing && again.body == message.body, "another content: \(again)")
    check(again.trailers == message.trailers, "other trailers: \(again)")
    check(again.fields.filter(\.isSentOn) == message.fields.filter(\.isSentOn), "other fields: \(again.fields)")
}

extension Conversation.FieldText {
    /// True for a field that a proxy forwards unchanged.
    fileprivate var isSentOn: Bool {
        switch known {
        case .host, .contentLength, .transferEncoding, .expect: false
        default: !isHopByHop
        }
    }
}

extension ByteBuffer {
    /// Writes a request's head as a proxy does.
    ///
    /// - Returns: the written target.
    fileprivate mutating func appendRequestHead(_ message: Conversation.Message) -> String {
        let isServerWide = message.path.isEmpty && message.method == .options
        let target = isServerWide ? "*" : message.path.hasPrefix("/") ? message.path : "/\(message.path)"
        appendText("\(message.start[0]) \(target) HTTP/1.1\r\n")
        appendField(name: "host", value: message.authority)
        for field in message.fields where field.isSentOn { appendText("\(field.name): \(field.value)\r\n") }
        switch message.framing {
        case .length(let length): appendField(name: "content-length", decimal: length)
        case .chunked: appendField("transfer-encoding", "chunked")
        case .none, .untilClose: break
        }
        append("\r\n")
        return target
    }
}
