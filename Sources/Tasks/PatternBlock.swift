/// The block of memory that all responses to `GET /bytes/N` are written from. A response of any length therefore needs
/// no memory of its own.
///
/// The byte at position `p` of a response is `alphabet[p % 64]`, so a client can check every byte.
final class PatternBlock: Sendable {
    static let shared = PatternBlock()
    /// Size in bytes: a multiple of the alphabet's length, 64, so that consecutive blocks continue the pattern.
    static let size = 64 << 10
    static let alphabet: StaticString = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"

    /// Written once, in `init`.
    private nonisolated(unsafe) let bytes: UnsafeBufferPointer<UInt8>

    private init() {
        let block = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: PatternBlock.size)
        let alphabet = UnsafeBufferPointer(
            start: PatternBlock.alphabet.utf8Start, count: PatternBlock.alphabet.utf8CodeUnitCount)
        for index in block.indices { block.initializeElement(at: index, to: alphabet[index % alphabet.count]) }
        bytes = UnsafeBufferPointer(block)
    }

    deinit { bytes.deallocate() }

    /// Calls `body` with the first `count` bytes of the block.
    ///
    /// These bytes continue a response whose earlier pieces were multiples of 64 bytes.
    ///
    /// - Parameter count: 0 to `size`.
    func withBytes(_ count: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        body(UnsafeBufferPointer(rebasing: bytes[..<count]))
    }
}
