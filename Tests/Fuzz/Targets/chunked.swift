import HTTP

/// Fuzzes a chunked body in pieces. A second decoder, written from the grammar without shared code, reads the same
/// body.
///
/// Both decoders must find the same content and the same end. If one of them rejects the body, the other must not
/// accept it.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzChunked(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzedInput(start, count, steeringCount: 4)
    let cuts = input.cuts(2)
    let whole = DecodedBody(input.bytes, cuts: [])
    check(DecodedBody(input.bytes, cuts: cuts) == whole, "cuts at \(cuts) change the content")
    if input.bytes.count <= 2000 {
        let bytewise = DecodedBody(input.bytes, cuts: Array(0..<input.bytes.count))
        check(bytewise == whole, "byte by byte the content is another")
    }
    var reference = ChunkedGrammar(input.bytes)
    let verdict = reference.read()
    switch whole.ending {
    case .finished:
        check(verdict == .finished, "taken, but the grammar says \(verdict)")
        check(whole.content == reference.content, "other content than the grammar's")
        check(whole.consumed == reference.position, "another end than the grammar's")
        checkWritten(whole.content)
    case .incomplete:
        check(verdict == .incomplete, "still waiting, but the grammar says \(verdict)")
        check(whole.content.starts(with: reference.content), "other content than the grammar's")
    case .failed(let error):
        // The grammar has no limits.
        check(verdict == .refused || limits.contains(error), "refused as \(error), but the grammar says \(verdict)")
    }
    return 0
}

private let limits: Set<HTTPError> = [
    .chunkSizeTooLarge, .chunkLineTooLong, .chunkExtensionsTooLong, .trailerTooLarge, .tooManyFields,
]

private func checkWritten(_ content: [UInt8]) {
    var written = ByteBuffer()
    written.appendContent(content, framing: .chunked)
    let again = DecodedBody(written.bytes, cuts: [])
    check(again.ending == .finished && again.content == content, "what was written is read as something else")
    check(again.consumed == written.count, "what was written ends elsewhere")
}

/// The result of `BodyDecoder` for some bytes.
private struct DecodedBody: Equatable {
    enum Ending: Equatable {
        case finished
        case incomplete
        case failed(HTTPError)
    }

    var content: [UInt8] = []
    var consumed = 0
    var ending = Ending.incomplete

    init(_ input: [UInt8], cuts: [Int]) {
        var decoder = BodyDecoder(.chunked)
        for end in cuts + [input.count] {
            var goesOn = ending == .incomplete
            while goesOn {
                let bytes = Array(input[consumed..<end])
                let step = bytes.withUnsafeBufferPointer { decoder.decode($0) }
                switch step {
                case .data(let offset, let count, let used):
                    check(offset + count <= used && used <= bytes.count && count > 0, "\(step) of \(bytes.count) bytes")
                    content += bytes[offset..<offset + count]
                    consumed += used
                case .needMore(let used):
                    check(used == bytes.count, "\(step) leaves bytes behind")
                    consumed += used
                    goesOn = false
                case .end(let used):
                    check(used <= bytes.count && decoder.isFinished, "\(step) without an end")
                    consumed += used
                    ending = .finished
                    goesOn = false
                case .failed(let error):
                    ending = .failed(error)
                    goesOn = false
                }
            }
        }
        // In a rejected body, the number of consumed bytes depends on the cuts. No caller uses it.
        if case .failed = ending { consumed = 0 }
    }
}
