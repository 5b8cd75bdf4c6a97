/// Bounds on the memory and the work that a peer can cause. The unit is bytes unless the comment gives another.
package struct HTTPLimits: Equatable, Sendable {
    /// The whole head with its start line, its empty line and one empty line before it. A longer request head yields
    /// 431. The default, 16 KiB, is the same as in HAProxy and less than in nginx (4 x 8 KiB).
    package var head: Int
    /// Number of fields in a head, and number in a trailer section. More fields yield 431.
    package var fields: Int
    /// The request line or status line with its CRLF. A longer request line yields 414.
    package var requestLine: Int
    /// A chunk's size line with its extensions and CRLF. The decoder drops extensions, so long ones are useless. A
    /// longer line yields 400.
    package var chunkLine: Int
    /// All chunk extensions of one body together; more yield 400. Without this bound, each byte of content could cost
    /// `chunkLine` bytes of input without end.
    package var chunkExtensions: Int
    /// A trailer section with its empty line. A longer section yields 431.
    package var trailer: Int

    /// The default limits.
    package static let standard = HTTPLimits()

    /// Limits between balancer and worker, in both directions. A head within the public port's limits must still fit
    /// after a hop adds to it. A hop adds fields of its own, the authority again in `x-forwarded-host`, and a space
    /// after each colon.
    package static let withinCluster = HTTPLimits(
        head: 40 * 1024, fields: 128, requestLine: 9 * 1024, trailer: 9 * 1024)

    /// Clamps each value to 16 bytes ... 1 GiB (`fields` to 0 ... 1 Mi), so that offsets fit into `ByteRange`.
    package init(
        head: Int = 16 * 1024,
        fields: Int = 100,
        requestLine: Int = 8 * 1024,
        chunkLine: Int = 256,
        chunkExtensions: Int = 16 * 1024,
        trailer: Int = 8 * 1024
    ) {
        func clamp(_ value: Int) -> Int { min(max(value, 16), 1 << 30) }
        self.head = clamp(head)
        self.fields = min(max(fields, 0), 1 << 20)
        self.requestLine = clamp(requestLine)
        self.chunkLine = clamp(chunkLine)
        self.chunkExtensions = clamp(chunkExtensions)
        self.trailer = clamp(trailer)
    }
}
