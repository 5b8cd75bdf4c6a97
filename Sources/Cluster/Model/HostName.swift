/// Judges the text of a worker's host. It resolves nothing: the shell connects, and the certificate decides.
enum HostName {
    /// The longest DNS name, RFC 1035 section 2.3.4.
    static let maximumLength = 253

    /// Whether `text` can be an IP address without brackets or a DNS name. Zone ids are refused: they mean nothing
    /// elsewhere.
    static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...maximumLength).contains(bytes.count), let first = bytes.first else { return false }
        guard isAlphanumeric(first) || first == UInt8(ascii: ":") else { return false }
        return bytes.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ":")
        }
    }

    /// Whether two texts surely mean the same machine: equal, or both loopback.
    static func isSameMachine(_ left: String, _ right: String) -> Bool {
        left == right || (isLoopback(left) && isLoopback(right))
    }

    static func isLoopback(_ text: String) -> Bool {
        text == "localhost" || text == "::1"
            || (text.utf8.starts(with: "127.".utf8) && text.utf8.allSatisfy(isDotOrDigit))
    }

    private static func isDotOrDigit(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        NodeID.isAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
