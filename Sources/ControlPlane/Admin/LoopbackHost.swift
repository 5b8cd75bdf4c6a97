/// The names under which the admin port answers.
///
/// A web page can make its name resolve to 127.0.0.1 (DNS rebinding). A browser would then let the page read the
/// responses of this port. It sends the page's name as the host.
enum LoopbackHost {
    /// - Parameter authority: a host and perhaps a port, from the HTTP parser; empty if the request has none.
    static func isNamed(in authority: String) -> Bool {
        let bytes = Array(authority.utf8)
        return names.contains { name in
            guard bytes.count >= name.count else { return false }
            let isSame = zip(bytes, name).allSatisfy { $0 | ($1 >= 0x61 && $1 <= 0x7A ? 0x20 : 0) == $1 }
            return isSame && (bytes.count == name.count || bytes[name.count] == UInt8(ascii: ":"))
        }
    }

    private static let names = ["localhost", "127.0.0.1", "[::1]"].map { Array($0.utf8) }
}
