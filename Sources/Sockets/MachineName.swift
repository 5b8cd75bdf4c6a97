private import Glibc

/// The name of the machine, or of the container (uname(2)), for people.
package enum MachineName {
    package static let own: String = {
        var name = utsname()
        guard uname(&name) == 0 else { return "" }
        return withUnsafeBytes(of: &name.nodename) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }()
}
