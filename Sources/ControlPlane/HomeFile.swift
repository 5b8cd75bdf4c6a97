package import Cluster
private import Glibc
package import Sockets

/// The name of a state directory, in a file of one line: the name, and the machine on which it was made up.
/// ```
/// 5f0c3a1e9b7d4e62 0b5d6b1f2c3e4d5a8f9e7c6b5a4d3e2f
/// ```
/// Whoever comes first makes it up. On another machine (a copied disk, a cloned image) the line counts for nothing: two
/// hosts that took themselves for one home would each believe to have the other's lock.
enum HomeFile {
    static func read(_ path: String) throws(SystemError) -> Home {
        let file = FileDescriptor(
            owning: try SystemError.check("open", open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)))
        // Several workers may start at the same time.
        try SystemError.check("flock", flock(file.rawValue, LOCK_EX))
        if let home = home(in: String(decoding: DurableFile.read(path) ?? [], as: UTF8.self), on: presentMachine) {
            return home
        }
        let name = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        guard let home = Home(name) else { throw SystemError("home", code: EINVAL) }
        let line = Array("\(name) \(presentMachine)\n".utf8)
        guard pwrite(file.rawValue, line, line.count, 0) == line.count else { throw SystemError("write") }
        try SystemError.check("ftruncate", ftruncate(file.rawValue, off_t(line.count)))
        try SystemError.check("fsync", fsync(file.rawValue))
        return home
    }

    /// Nil for a line that is torn, or of another machine.
    static func home(in text: String, on machine: String) -> Home? {
        guard text.hasSuffix("\n") else { return nil }
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 2, parts[1] == machine else { return nil }
        return Home(String(parts[0]))
    }

    /// What the operating system calls this installation; `unknown` where it does not tell.
    private static let presentMachine: String = {
        let text = String(decoding: DurableFile.read("/etc/machine-id") ?? [], as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "unknown"
    }()
}

extension StateDirectory {
    /// The name of this directory, which tells it from those of other hosts; made up at the first call.
    package func home() throws(SystemError) -> Home {
        try HomeFile.read(path + "/home")
    }
}
