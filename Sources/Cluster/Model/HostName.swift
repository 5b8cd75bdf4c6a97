/// Validates the text of a worker's host, without name resolution. The shell connects to the host, and the certificate
/// identifies the worker.
package enum HostName {
    /// Length of the longest DNS name (RFC 1035 2.3.4).
    static let maximumLength = 253

    /// True if `text` has the form of an IP address without brackets, or of a DNS name. Zone ids are invalid: they have
    /// no meaning on other hosts.
    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...maximumLength).contains(bytes.count), let first = bytes.first else { return false }
        guard isAlphanumeric(first) || first == UInt8(ascii: ":") else { return false }
        return bytes.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ":")
        }
    }

    /// True if two texts certainly name the same machine: they are equal, or both are loopback.
    static func isSameMachine(_ left: String, _ right: String) -> Bool {
        left == right || (isLoopback(left) && isLoopback(right))
    }

    package static func isLoopback(_ text: String) -> Bool {
        text == "localhost" || text == "::1"
            || (text.utf8.starts(with: "127.".utf8) && text.utf8.allSatisfy(isDotOrDigit))
    }

    /// True if the address can lead to this very host on any network: loopback, the unspecified address, and every IPv6
    /// address with leading zeros, for example one that contains an IPv4 address.
    static func staysOnHost(_ text: String) -> Bool {
        isLoopback(text) || text.utf8.starts(with: "::".utf8) || text.utf8.starts(with: "0".utf8)
    }

    private static func isDotOrDigit(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        NodeID.isAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
