private import CNGHTTP2

/// Decodes header blocks in the order of their arrival on one connection (RFC 7541).
package final class HeaderInflater {
    private var raw: OpaquePointer?

    package init() {
        nghttp2_hd_inflate_new(&raw)
    }

    deinit {
        if let raw { nghttp2_hd_inflate_del(raw) }
    }

    /// Names and values of the fields; nil if the block is invalid.
    package func fields(of block: [UInt8]) -> [(name: String, value: String)]? {
        var fields: [(name: String, value: String)] = []
        var bytes = block
        var offset = 0
        while true {
            var pair = nghttp2_nv()
            var flags: Int32 = 0
            let count = bytes.withUnsafeMutableBufferPointer { buffer in
                nghttp2_hd_inflate_hd2(
                    raw, &pair, &flags, buffer.baseAddress.map { $0 + offset }, buffer.count - offset, 1)
            }
            guard count >= 0 else { return nil }
            offset += count
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                fields.append(
                    (text(pair.name, pair.namelen), text(pair.value, pair.valuelen)))
            }
            if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
                nghttp2_hd_inflate_end_headers(raw)
                return fields
            }
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) == 0 && offset == bytes.count { return fields }
        }
    }

    private func text(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int) -> String {
        String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
