private import Glibc
internal import Sockets

/// The content of the lock file: the process that holds the lock, for people and scripts only. No process is ever
/// signalled because of it.
/// ```
/// 23966
/// pid_namespace=4026531836 boot=6f1c1f3e-2f5b-4c43-9d5c-0f4ab8a3b1de
/// ```
/// Outside of the first PID namespace the first line is `7@4026532345`: no command takes it for the number of a process.
/// An earlier version writes and reads the first line alone.
///
/// A lock that is held is held by a living process, so its namespace lives too. Then the same inode number and the same
/// start of the kernel mean the same namespace.
struct LockHolder: Equatable {
    let process: Int32
    let namespace: UInt64?
    let boot: String

    static func own(boot: String) -> LockHolder {
        LockHolder(process: getpid(), namespace: PIDNamespace.own, boot: boot)
    }

    init(process: Int32, namespace: UInt64?, boot: String) {
        self.process = process
        self.namespace = namespace
        self.boot = boot
    }

    /// Parses the content; nil if it does not prove where the process runs, such as that of an earlier version.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // The last element follows the final newline. Without it the content is incomplete.
        guard lines.count >= 3, let number = lines[0].split(separator: "@").first, let process = Int32(number) else {
            return nil
        }
        var values: [Substring: Substring] = [:]
        for word in lines[1].split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        guard let namespace = values["pid_namespace"].flatMap({ UInt64($0) }), let boot = values["boot"] else {
            return nil
        }
        self.init(process: process, namespace: namespace, boot: String(boot))
    }

    var text: String {
        let place = namespace == PIDNamespace.initial ? "" : "@\(namespace.map(String.init) ?? "unknown")"
        let proof = namespace.map { "pid_namespace=\($0) boot=\(boot)\n" } ?? ""
        return "\(process)\(place)\n\(proof)"
    }

    /// Names a holder of the lock to `reader`. The number of a process appears only if it means that process to the
    /// reader too.
    static func name(in text: String, to reader: LockHolder) -> String {
        guard let holder = LockHolder(text) else { return "another process" }
        guard !holder.boot.isEmpty, holder.boot == reader.boot else { return "a process of another machine" }
        guard holder.namespace == reader.namespace else {
            return "a process of another container in PID namespace \(holder.namespace ?? 0)"
        }
        return "process \(holder.process)"
    }
}
