/// What `GET /bytes/N` is made of: one block of memory that every response is written from, so that a response of any
/// length holds none of its own.
///
/// The byte at position `p` of a response is `alphabet[p % 64]`; a reader can check every byte.
final class PatternBlock: Sendable {
    static let shared = PatternBlock()
    /// In bytes; a multiple of the alphabet's 64, so that each block goes on where the one before it ended.
    static let size = 64 << 10
    static let alphabet: StaticString = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"

    /// Written once, before anybody reads it.
    private nonisolated(unsafe) let bytes: UnsafeBufferPointer<UInt8>

    private init() {
        let block = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: PatternBlock.size)
        let alphabet = UnsafeBufferPointer(
            start: PatternBlock.alphabet.utf8Start, count: PatternBlock.alphabet.utf8CodeUnitCount)
        for index in block.indices { block.initializeElement(at: index, to: alphabet[index % alphabet.count]) }
        bytes = UnsafeBufferPointer(block)
    }

    deinit { bytes.deallocate() }

    /// Calls `body` with the first bytes of the block: what comes next in a response that was cut into multiples of
    /// 64 before.
    ///
    /// - Parameter count: 0 to `size`.
    func withBytes(_ count: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        body(UnsafeBufferPointer(rebasing: bytes[..<count]))
    }
}
