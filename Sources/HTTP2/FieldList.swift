internal import CNGHTTP2
internal import HTTP

/// The fields of an outgoing head or trailer section, with names in lower case, as HTTP/2 requires.
package struct FieldList: ~Copyable {
    private struct Pair {
        let start: Int
        let nameCount: Int
        let valueCount: Int
    }

    private var buffer = ByteBuffer()
    private var pairs: [Pair] = []

    package init() {}

    package var isEmpty: Bool { pairs.isEmpty }

    /// Bytes of memory that the list holds. A copy in nghttp2 takes as much.
    package var capacity: Int { buffer.capacity &+ pairs.capacity &* MemoryLayout<Pair>.stride }

    /// Keeps the memory.
    package mutating func removeAll() {
        buffer.removeAll()
        pairs.removeAll(keepingCapacity: true)
    }

    /// - Parameters:
    ///   - name: a token, in any case.
    ///   - value: free of control bytes except HTAB.
    package mutating func append(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        let start = buffer.count
        let target = buffer.reserve(name.count)
        for (index, byte) in name.enumerated() { target[index] = byte &- 0x41 < 26 ? byte | 0x20 : byte }
        buffer.commit(name.count)
        buffer.append(value)
        pairs.append(Pair(start: start, nameCount: name.count, valueCount: value.count))
    }

    /// - Parameter name: in lower case.
    package mutating func append(_ name: StaticString, _ value: UnsafeBufferPointer<UInt8>) {
        let start = buffer.count
        buffer.append(name)
        let valueStart = buffer.count
        buffer.append(value)
        pairs.append(Pair(start: start, nameCount: valueStart - start, valueCount: value.count))
    }

    package mutating func append(_ name: StaticString, _ value: StaticString) {
        append(name, UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    package mutating func append(_ name: StaticString, decimal number: UInt64) {
        let start = buffer.count
        buffer.append(name)
        let valueStart = buffer.count
        buffer.append(decimal: number)
        pairs.append(
            Pair(start: start, nameCount: valueStart - start, valueCount: buffer.count - valueStart))
    }

    /// Calls `body` with the list in nghttp2's format. The pointers are valid during the call.
    ///
    /// - Parameter scratch: reusable memory for the list.
    func withPairs(_ scratch: inout [nghttp2_nv], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32) -> Int32 {
        scratch.removeAll(keepingCapacity: true)
        guard let base = UnsafeMutablePointer(mutating: buffer.readable.baseAddress) else { return body(nil, 0) }
        for pair in pairs {
            scratch.append(
                nghttp2_nv(
                    name: base + pair.start, value: base + pair.start + pair.nameCount, namelen: pair.nameCount,
                    valuelen: pair.valueCount, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
        }
        return scratch.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
    }
}
