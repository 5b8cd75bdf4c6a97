/// A growable queue of bytes with one owner: appended behind, consumed in front.
///
/// Holds no memory until the first byte. Grows by doubling, and moves its bytes to the front only when at least as many
/// were consumed since, so appending and consuming cost amortised constant time per byte. It never shrinks by itself:
/// `release()` gives the memory back. The bound on its size is its user's: whoever appends checks `count` first.
package struct ByteBuffer: ~Copyable {
    /// The first allocation: most heads fit.
    private static let minimumCapacity = 512

    private var storage: UnsafeMutablePointer<UInt8>?
    /// Invariant: 0 <= start <= end <= capacity; both are 0 when nothing is readable.
    private var start = 0
    private var end = 0
    /// Bytes of memory held.
    package private(set) var capacity = 0

    package init() {}

    deinit { storage?.deallocate() }

    /// Unconsumed bytes.
    package var count: Int { end &- start }

    package var isEmpty: Bool { end == start }

    /// The unconsumed bytes; valid until the next mutation.
    package var readable: UnsafeBufferPointer<UInt8> {
        guard let storage else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: storage + start, count: end &- start)
    }

    /// - Parameter bytes: must not lie inside this buffer.
    package mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        tail(bytes.count).update(from: source, count: bytes.count)
        end &+= bytes.count
    }

    package mutating func append(_ text: StaticString) {
        guard text.hasPointerRepresentation else { return append(text: text.description) }
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the text's UTF-8. It has a label so that literals are `StaticString`s, which cost only the copy of their bytes.
    package mutating func append(text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    package mutating func append(byte: UInt8) {
        tail(1).pointee = byte
        end &+= 1
    }

    /// Appends a number in decimal, without leading zeros.
    package mutating func append(decimal number: UInt64) {
        append(number, digits: Self.digits(of: number, base: 10), base: 10)
    }

    /// Appends a number in hexadecimal, lower case, without leading zeros.
    package mutating func append(hexadecimal number: UInt64) {
        append(number, digits: Self.digits(of: number, base: 16), base: 16)
    }

    /// Appends a number in hexadecimal, lower case, as 16 digits.
    package mutating func append(paddedHexadecimal number: UInt64) {
        let target = tail(16)
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: number &>> UInt64(60 &- 4 &* index)) & 0xF
            target[index] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
        }
        end &+= 16
    }

    /// Appends the last `digits` digits of `number`, with leading zeros where it has fewer.
    @inline(__always)
    mutating func append(_ number: UInt64, digits: Int, base: UInt64) {
        let target = tail(digits)
        var rest = number
        var index = digits
        while index > 0 {
            index &-= 1
            let digit = UInt8(truncatingIfNeeded: rest % base)
            target[index] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
            rest /= base
        }
        end &+= digits
    }

    @inline(__always)
    private static func digits(of number: UInt64, base: UInt64) -> Int {
        var rest = number / base
        var digits = 1
        while rest > 0 {
            digits &+= 1
            rest /= base
        }
        return digits
    }

    /// Drops bytes in front.
    ///
    /// - Parameter count: at most `self.count`.
    package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= end &- start, "consumed more than there is")
        start &+= count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// The free memory behind the bytes, to be written to and then committed; valid until the next mutation.
    ///
    /// - Parameter minimum: how much there must be at least; there may be more.
    package mutating func reserve(_ minimum: Int) -> UnsafeMutableBufferPointer<UInt8> {
        precondition(minimum >= 0, "reserved a negative number of bytes")
        let free = tail(max(minimum, 1))
        return UnsafeMutableBufferPointer(start: free, count: capacity &- end)
    }

    /// Takes bytes that were written to the memory that `reserve` gave.
    package mutating func commit(_ count: Int) {
        precondition(count >= 0 && count <= capacity &- end, "committed more than was reserved")
        end &+= count
    }

    /// Drops all bytes and keeps the memory.
    package mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Drops all bytes and gives the memory back, unless it is so little that having it at hand for the next ones is worth more.
    package mutating func clear() {
        if capacity > Self.keptCapacity { release() } else { removeAll() }
    }

    /// What a head and a small piece of content need.
    private static let keptCapacity = 4 << 10

    /// Drops all bytes and gives the memory back.
    package mutating func release() {
        storage?.deallocate()
        storage = nil
        start = 0
        end = 0
        capacity = 0
    }

    /// Where to write the next byte; at least `minimum` (positive) bytes are free there.
    @inline(__always)
    private mutating func tail(_ minimum: Int) -> UnsafeMutablePointer<UInt8> {
        if let storage, capacity &- end >= minimum { return storage + end }
        return makeRoom(minimum)
    }

    @inline(never)
    private mutating func makeRoom(_ minimum: Int) -> UnsafeMutablePointer<UInt8> {
        let count = end &- start
        if let storage, start >= count, capacity &- count >= minimum {
            storage.update(from: storage + start, count: count)
            start = 0
            end = count
            return storage + end
        }
        let larger = max(capacity * 2, count + minimum, Self.minimumCapacity)
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        if let storage {
            fresh.update(from: storage + start, count: count)
            storage.deallocate()
        }
        storage = fresh
        capacity = larger
        start = 0
        end = count
        return fresh + end
    }
}
