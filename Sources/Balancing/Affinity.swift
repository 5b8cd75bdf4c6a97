package import HTTP

/// The part of a request that leads it to its earlier worker, and the cookie that the client gets for it.
package struct Affinity {
    private enum Source {
        case none
        /// In lower case.
        case header([UInt8])
        case cookie([UInt8])
        case name([UInt8])
    }

    private let source: Source
    /// The text after the cookie's value.
    private let attributes: String
    private let hash = SipHash()

    /// - Parameter isSecure: the clients use TLS, so the cookie must not be sent without it.
    package init(_ policy: PolicySetting, isSecure: Bool) {
        switch policy {
        case .fewest, .twoChoices, .roundRobin: source = .none
        case .hashHeader(let name): source = .header(Array(name.utf8))
        case .hashCookie(let name): source = .cookie(Array(name.utf8))
        case .sticky(let name): source = .name(Array(name.utf8))
        }
        attributes = "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }

    /// The affinity of a request for the policy; nil if the request has none.
    package func value(of head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt64? {
        switch source {
        case .none: return nil
        case .header(let name):
            for field in head.fields where field.name.count == name.count {
                if field.name.in(bytes).lazy.map(Affinity.lowered).elementsEqual(name) {
                    return hash(field.value.in(bytes))
                }
            }
            return nil
        case .cookie(let name): return cookie(name, of: head, bytes).map { hash($0) }
        case .name(let name): return cookie(name, of: head, bytes).flatMap(Affinity.number)
        }
    }

    /// The field value that gives a client its worker's name; nil under policies without cookies.
    package func setCookie(naming worker: UInt64) -> String? {
        guard case .name(let name) = source else { return nil }
        let digits = String(worker, radix: 16)
        let value = String(repeating: "0", count: 16 - digits.count) + digits
        return String(decoding: name, as: UTF8.self) + "=" + value + attributes
    }

    /// The first cookie with this name (RFC 6265 4.2). HTTP/2 may split cookies into several fields (RFC 9113 8.2.3).
    private func cookie(
        _ name: [UInt8], of head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8>? {
        for field in head.fields where field.known == .cookie {
            var rest = field.value.in(bytes)[...]
            while !rest.isEmpty {
                let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
                let pair = rest[..<end].drop { $0 == UInt8(ascii: " ") }
                rest = rest[end...].dropFirst()
                guard pair.count > name.count, pair.starts(with: name) else { continue }
                let value = pair.dropFirst(name.count)
                if value.first == UInt8(ascii: "=") { return UnsafeBufferPointer(rebasing: value.dropFirst()) }
            }
        }
        return nil
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    /// Parses sixteen hexadecimal digits in lower case, the form that this type writes.
    private static func number(_ digits: UnsafeBufferPointer<UInt8>) -> UInt64? {
        guard digits.count == 16 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}
