package import HTTP

/// The field `understudy-length: N` between balancer and worker: the length of content that goes in chunks.
///
/// In HTTP/2 content of known length may have trailers behind it. HTTP/1.1 carries trailers only behind chunks (RFC 9112
/// 7.1.2). So between nodes such content goes in chunks, and this field keeps its length for the next hop.
package enum LengthField {
    static let name: StaticString = "understudy-length"

    package enum Reading: Equatable {
        case absent
        case length(UInt64)
        /// The value is no length, or the field is repeated.
        case invalid
    }

    package static func read(in head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Reading {
        head.framing == .chunked ? read(in: head.fields, bytes) : .absent
    }

    static func read(in head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Reading {
        head.framing == .chunked ? read(in: head.fields, bytes) : .absent
    }

    private static func read(in fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) -> Reading {
        var reading = Reading.absent
        for field in fields where field.known == .understudy && field.name.in(bytes).isFieldName(name) {
            // At most as much as in Content-Length.
            guard reading == .absent,
                let length = DecimalValue.read(field.value.in(bytes), limit: UInt64(Int64.max))
            else { return .invalid }
            reading = .length(length)
        }
        return reading
    }
}
