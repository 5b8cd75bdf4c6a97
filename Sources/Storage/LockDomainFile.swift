package import Cluster
private import Glibc
package import Sockets

/// The name of a lock domain, in a file of one line: the name, and the machine that created it.
/// ```
/// 5f0c3a1e9b7d4e62 0b5d6b1f2c3e4d5a8f9e7c6b5a4d3e2f
/// ```
/// The first process creates it. On another machine (a copied disk, a cloned image) the line is invalid. Otherwise two
/// hosts would count as one lock domain, and each would believe that it holds the other's lock.
///
/// Containers of one machine may have machine ids of their own, or none. They share the start of the kernel, which the
/// file `home-boot` contains. So the line is valid too if the same kernel has read it before.
enum LockDomainFile {
    /// - Parameters:
    ///   - machine: the id of this installation.
    ///   - boot: the start of this kernel; empty if it is unknown.
    static func read(
        in files: SafeDirectory, machine: String = presentMachine, boot: String = KernelStart.present
    ) throws(SystemError) -> LockDomain {
        let file = try files.open(StateDirectory.Name.lockDomain, .readWriteOrMake)
        // Several workers may start at the same time.
        try SystemError.check("flock", flock(file.rawValue, LOCK_EX))
        let text = files.read(StateDirectory.Name.lockDomain) ?? []
        let earlierBoot = files.read(StateDirectory.Name.lockDomainBoot).map { String(decoding: $0, as: UTF8.self) }
        let isSameKernel = !boot.isEmpty && earlierBoot == "\(boot)\n"
        if let domain = lockDomain(in: String(decoding: text, as: UTF8.self), on: isSameKernel ? nil : machine) {
            if !isSameKernel { keep(boot, in: files) }
            return domain
        }
        let name = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        guard let domain = LockDomain(name) else { throw SystemError("lock domain", code: EINVAL) }
        let line = Array("\(name) \(machine)\n".utf8)
        guard pwrite(file.rawValue, line, line.count, 0) == line.count else { throw SystemError("write") }
        try SystemError.check("ftruncate", ftruncate(file.rawValue, off_t(line.count)))
        try SystemError.check("fsync", fsync(file.rawValue))
        keep(boot, in: files)
        return domain
    }

    /// Without the file, containers with other machine ids count as other machines, as in an earlier version.
    private static func keep(_ boot: String, in files: SafeDirectory) {
        try? files.replace(StateDirectory.Name.lockDomainBoot, with: Array("\(boot)\n".utf8), waiting: .withoutLoop)
    }

    /// Fails for an incomplete line and for a line of another machine. `machine` is nil for any machine.
    static func lockDomain(in text: String, on machine: String?) -> LockDomain? {
        guard text.hasSuffix("\n") else { return nil }
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 2, machine.map({ parts[1] == $0 }) ?? true else { return nil }
        return LockDomain(String(parts[0]))
    }

    /// The operating system's id of this installation; `unknown` if there is none.
    static let presentMachine: String = {
        let text = String(decoding: WholeFile.read("/etc/machine-id") ?? [], as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "unknown"
    }()
}

extension StateDirectory {
    /// The name of this directory's lock domain, unique among hosts. The first call creates it.
    package func lockDomain() throws(SystemError) -> LockDomain {
        try LockDomainFile.read(in: files)
    }
}
