/// Bounds on what a peer can make us hold or look at. All in bytes unless said otherwise.
package struct HTTPLimits: Equatable, Sendable {
    /// Whole head with its start line, its empty line and one empty line before it. 16 KiB: what nginx (4 x 8 KiB) and
    /// HAProxy (16 KiB) hold by default, on the tighter side. Beyond it: 431.
    package var head: Int
    /// Number of fields, in a head and in a trailer section. Beyond it: 431.
    package var fields: Int
    /// The request line (or status line) with its CRLF. Beyond it: 414.
    package var requestLine: Int
    /// A chunk's size line with its extensions and CRLF. We drop the extensions, so nobody needs long ones.
    package var chunkLine: Int
    /// All chunk extensions of one body together: else one byte of content could be made to cost `chunkLine` bytes of
    /// input again and again, without end.
    package var chunkExtensions: Int
    /// A trailer section with its empty line. Beyond it: 431.
    package var trailer: Int

    /// The defaults of the product.
    package static let standard = HTTPLimits()

    /// Between balancer and worker, both ways. What was taken at the edge has to fit together with what a hop adds: fields
    /// of its own, the authority once more in `x-forwarded-host`, a space behind each colon.
    package static let withinCluster = HTTPLimits(
        head: 40 * 1024, fields: 128, requestLine: 9 * 1024, trailer: 9 * 1024)

    /// Values are clamped to 16 bytes ... 1 GiB (0 ... 1 Mi for `fields`), so that offsets fit `ByteRange`.
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
