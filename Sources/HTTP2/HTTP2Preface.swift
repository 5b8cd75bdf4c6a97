/// What every client of HTTP/2 sends first (RFC 9113 3.4). No request of HTTP/1.1 begins like it.
package enum HTTP2Preface {
    package static let text: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    package enum Match {
        case yes, no, needMore
    }

    /// Whether the bytes begin with the preface.
    package static func match(_ bytes: UnsafeBufferPointer<UInt8>) -> Match {
        let count = min(bytes.count, text.utf8CodeUnitCount)
        for index in 0..<count where bytes[index] != text.utf8Start[index] { return .no }
        return count == text.utf8CodeUnitCount ? .yes : .needMore
    }
}
