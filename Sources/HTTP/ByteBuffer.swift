/// A growable queue of bytes with one owner. Bytes are appended at the back and consumed at the front.
///
/// The buffer allocates memory with the first byte and doubles its capacity when it grows. The buffer moves its bytes
/// to the front only if it has consumed at least as many bytes as it moves. So appending and consuming take amortised
/// constant time per byte. The buffer never shrinks by itself: `release()` frees the memory. The buffer has no maximum
/// size: the caller checks `count` before it appends.
package struct ByteBuffer: ~Copyable {
    /// Bytes of the first allocation. Most heads fit into it.
    private static let minimumCapacity = 512

    private var storage: UnsafeMutablePointer<UInt8>?
    /// Invariant: 0 <= start <= end <= capacity. `start` and `end` are 0 when no byte is readable.
    private var start = 0
    private var end = 0
    /// Size of the allocated memory in bytes.
    package private(set) var capacity = 0

    package init() {}

    deinit { storage?.deallocate() }

    /// Number of bytes that are not consumed yet.
    package var count: Int { end &- start }

    package var isEmpty: Bool { end == start }

    /// The bytes that are not consumed yet; valid until the next mutation.
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

    /// Appends the text as UTF-8. The argument has a label so that literals select the `StaticString` overload, which
    /// only copies bytes.
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

    /// Appends a number in lower-case hexadecimal, without leading zeros.
    package mutating func append(hexadecimal number: UInt64) {
        append(number, digits: Self.digits(of: number, base: 16), base: 16)
    }

    /// Appends a number in lower-case hexadecimal, as 16 digits.
    package mutating func append(paddedHexadecimal number: UInt64) {
        let target = UnsafeMutableRawPointer(tail(16))
        let halves = (Self.hexadecimalDigits(of: number &>> 32), Self.hexadecimalDigits(of: number & 0xFFFF_FFFF))
        target.storeBytes(of: halves.0.bigEndian, as: UInt64.self)
        target.storeBytes(of: halves.1.bigEndian, toByteOffset: 8, as: UInt64.self)
        end &+= 16
    }

    /// The 8 hexadecimal digits of a number below 2^32 as text, the first digit in the highest byte.
    @inline(__always)
    private static func hexadecimalDigits(of number: UInt64) -> UInt64 {
        // Each step moves the upper half of every group of digits away from the lower one, until a byte holds one digit.
        var digits = (number | number &<< 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits &<< 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits &<< 4) & 0x0F0F_0F0F_0F0F_0F0F
        // 1 in the bytes of the digits above 9: these become letters.
        let letters = ((digits &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// Appends the last `digits` digits of `number`, with leading zeros if the number has fewer digits.
    @inline(__always)
    mutating func append(_ number: UInt64, digits: Int, base: UInt64) {
        Self.write(number, digits: digits, base: base, to: tail(digits))
        end &+= digits
    }

    @inline(__always)
    static func write(_ number: UInt64, digits: Int, base: UInt64, to target: UnsafeMutablePointer<UInt8>) {
        var rest = number
        var index = digits
        while index > 0 {
            index &-= 1
            let digit = UInt8(truncatingIfNeeded: rest % base)
            target[index] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
            rest /= base
        }
    }

    @inline(__always)
    static func digits(of number: UInt64, base: UInt64) -> Int {
        var rest = number / base
        var digits = 1
        while rest > 0 {
            digits &+= 1
            rest /= base
        }
        return digits
    }

    /// Removes bytes from the front.
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

    /// Free memory after the last byte; valid until the next mutation. The caller writes to it and then calls `commit`.
    ///
    /// - Parameter minimum: least size in bytes. The returned memory may be larger.
    package mutating func reserve(_ minimum: Int) -> UnsafeMutableBufferPointer<UInt8> {
        precondition(minimum >= 0, "reserved a negative number of bytes")
        let free = tail(max(minimum, 1))
        return UnsafeMutableBufferPointer(start: free, count: capacity &- end)
    }

    /// Appends the first `count` bytes of the memory that `reserve` returned.
    package mutating func commit(_ count: Int) {
        precondition(count >= 0 && count <= capacity &- end, "committed more than was reserved")
        end &+= count
    }

    /// Removes all bytes and keeps the memory.
    package mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Removes all bytes. The memory is freed only if the capacity exceeds `keptCapacity`, because reusing a small
    /// allocation is cheaper.
    package mutating func clear() {
        if capacity > Self.keptCapacity { release() } else { removeAll() }
    }

    /// Largest capacity that `clear` keeps, in bytes: enough for a head and a small piece of content.
    private static let keptCapacity = 4 << 10

    /// Removes all bytes and frees the memory.
    package mutating func release() {
        storage?.deallocate()
        storage = nil
        start = 0
        end = 0
        capacity = 0
    }

    /// The address for the next byte, with at least `minimum` free bytes. `minimum` is positive.
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
