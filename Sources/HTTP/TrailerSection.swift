/// The trailer fields of one message (RFC 9110 6.5), as ranges of their own bytes.
///
/// The section contains only fields that `TrailerRule` allows. The section is empty for nearly every message and then
/// has no memory.
package struct TrailerSection: Sendable {
    /// The bytes that the ranges of `fields` refer to, bounded by `HTTPLimits.trailer`.
    private var bytes: [UInt8] = []
    package private(set) var fields: [Field] = []
    /// Offsets in `bytes`: the start of the present line and the end of its name.
    private var lineStart = 0
    private var nameEnd = 0

    package init() {}

    package var isEmpty: Bool { fields.isEmpty }

    /// Bytes of memory that the section holds.
    package var capacity: Int { bytes.capacity &+ fields.capacity &* MemoryLayout<Field>.stride }

    /// Calls `body` with the fields and with the bytes that their ranges refer to. The bytes are valid during the call.
    package func withBytes(_ body: (_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) -> Void) {
        bytes.withUnsafeBufferPointer { body(fields, $0) }
    }

    /// Adds a field from an HTTP/2 header block.
    ///
    /// - Parameters:
    ///   - name: a token; not empty.
    ///   - value: contains no control byte except HTAB.
    package mutating func append(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        beginLine()
        bytes.append(contentsOf: name)
        endName()
        bytes.append(contentsOf: value)
        endLine()
    }

    /// Empties the section for the next message and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
    }

    // MARK: HTTP/1.1 trailer lines, byte by byte

    mutating func beginLine() { lineStart = bytes.count }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func endName() { nameEnd = bytes.count }

    /// Adds the field of the present line, or drops the line if `TrailerRule` forbids its field.
    mutating func endLine() {
        var start = nameEnd
        var end = bytes.count
        while start < end, ByteScan.isBlank(bytes[start]) { start &+= 1 }
        while end > start, ByteScan.isBlank(bytes[end &- 1]) { end &-= 1 }
        let known = bytes.withUnsafeBufferPointer { bytes in
            TrailerRule.passes(UnsafeBufferPointer(rebasing: bytes[lineStart..<nameEnd]))
        }
        guard let known else {
            bytes.removeSubrange(lineStart...)
            return
        }
        fields.append(
            Field(
                name: ByteRange(from: lineStart, to: nameEnd), value: ByteRange(from: start, to: end), known: known,
                isHopByHop: false))
    }
}
