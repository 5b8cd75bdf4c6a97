/// The trailer fields of one message (RFC 9110 6.5), by offsets into their own bytes.
///
/// Holds only what may be passed on: `TrailerRule` decides. Empty for nearly every message, and then without memory.
package struct TrailerSection: Sendable {
    /// What the ranges of `fields` point into; bounded by `HTTPLimits.trailer`.
    private var bytes: [UInt8] = []
    package private(set) var fields: [Field] = []
    /// Of the line that is being read: where it begins in `bytes`, and where its name ends.
    private var lineStart = 0
    private var nameEnd = 0

    package init() {}

    package var isEmpty: Bool { fields.isEmpty }

    /// Calls `body` with the bytes that the fields' ranges point into, valid during the call.
    package func withBytes(_ body: (_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) -> Void) {
        bytes.withUnsafeBufferPointer { body(fields, $0) }
    }

    /// Adds a field that was received as a pair.
    ///
    /// - Parameters:
    ///   - name: a token, not empty.
    ///   - value: free of control bytes but HTAB.
    package mutating func append(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        beginLine()
        bytes.append(contentsOf: name)
        endName()
        bytes.append(contentsOf: value)
        endLine()
    }

    /// Makes it the section of the next message, keeping the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
    }

    // MARK: Byte by byte

    mutating func beginLine() { lineStart = bytes.count }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func endName() { nameEnd = bytes.count }

    /// Takes the line in, or forgets it when its field has no business in a trailer section.
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
