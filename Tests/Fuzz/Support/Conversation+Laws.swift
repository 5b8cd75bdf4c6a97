import HTTP

extension Conversation {
    /// Checks the law of every parser in the codec: the result does not depend on how reads split the bytes.
    static func checkedEveryWay(_ speaker: Speaker, _ input: [UInt8], cuts: [Int]) -> Conversation {
        let whole = Conversation(speaker, input)
        check(Conversation(speaker, input, cuts: cuts) == whole, "cuts at \(cuts) change what was said")
        // The cost is quadratic, so this check is for short inputs only.
        if input.count <= 600 {
            let bytewise = Conversation(speaker, input, cuts: Array(0..<input.count))
            check(bytewise == whole, "byte by byte something else was said")
        }
        return whole
    }
}

extension ByteBuffer {
    var bytes: [UInt8] { Array(readable) }

    mutating func appendText(_ text: String) {
        append(text: text)
    }

    /// Appends content as a sender would; in chunks of at most seven bytes if the framing is chunked.
    mutating func appendContent(
        _ content: [UInt8], framing: BodyFraming, trailers: [Conversation.FieldText] = []
    ) {
        content.withUnsafeBufferPointer { content in
            guard framing == .chunked else { return append(content) }
            var rest = content[...]
            while !rest.isEmpty {
                let piece = rest.prefix(7)
                appendChunkHead(piece.count)
                append(UnsafeBufferPointer(rebasing: piece))
                appendChunkTail()
                rest = rest.dropFirst(7)
            }
            if trailers.isEmpty { return appendLastChunk() }
            appendTrailerStart()
            for trailer in trailers { appendText("\(trailer.name): \(trailer.value)\r\n") }
            appendTrailerEnd()
        }
    }
}
