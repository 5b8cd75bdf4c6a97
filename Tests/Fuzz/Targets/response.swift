import HTTP

/// Fuzzes a worker's bytes: a sequence of responses to requests with one method.
///
/// Nothing traps, and cuts change nothing. An accepted response, written again, is read as the same response by the
/// project's parser. Any reader finds the same framing.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzResponse(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzedInput(start, count, steeringCount: 5)
    let method: HTTP.Method = [.get, .head, .post, .options][input.steer() % 4]
    let cuts = input.cuts(2)
    let conversation = Conversation.checkedEveryWay(.server(answering: method), input.bytes, cuts: cuts)
    for message in conversation.complete where message.start[0] != "101" { checkWritten(message, answering: method) }
    return 0
}

private func checkWritten(_ message: Conversation.Message, answering method: HTTP.Method) {
    var written = ByteBuffer()
    guard let status = UInt16(message.start[0]) else { return check(false, "a status that is no number") }
    check((100...999).contains(status), "status \(status)")
    // A response of unknown length is forwarded in chunks.
    let framing = message.framing == .untilClose ? .chunked : message.framing
    written.appendStatusLine(status)
    for field in message.fields where field.isSentOn { written.appendText("\(field.name): \(field.value)\r\n") }
    switch framing {
    case .length(let length): written.appendField(name: "content-length", decimal: length)
    case .chunked: written.appendField("transfer-encoding", "chunked")
    case .none, .untilClose: break
    }
    written.append("\r\n")
    LenientReader(written.bytes, takesUnderscores: false).checkFraming(framing)
    written.appendContent(message.body, framing: framing, trailers: message.trailers)

    // The next hop accepts every response that the previous hop accepts.
    let read = Conversation(.server(answering: method), written.bytes, limits: .withinCluster)
    check(read.ending == .clean && read.messages.count == 1, "what was written is read as \(read)")
    guard let again = read.messages.first else { return }
    check(again.isComplete && again.start[0] == message.start[0], "another status: \(again)")
    check(again.framing == framing && again.body == message.body, "another content: \(again)")
    check(again.trailers == message.trailers, "other trailers: \(again)")
    check(again.fields.filter(\.isSentOn) == message.fields.filter(\.isSentOn), "other fields: \(again.fields)")
}

extension Conversation.FieldText {
    /// True for a field that a proxy forwards unchanged.
    fileprivate var isSentOn: Bool {
        switch known {
        case .contentLength, .transferEncoding: false
        default: !isHopByHop
        }
    }
}
