import Foundation

/// The kernel's information about other processes.
enum ProcessTable {
    /// Processes with `text` in one of their arguments.
    static func withArgument(containing text: String) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { identifier in
            identifier != getpid() && Files.text("/proc/\(identifier)/cmdline").contains(text)
        }
    }

    /// The arguments of a process, the program first; empty if it has ended.
    static func arguments(of process: pid_t) -> [String] {
        Files.text("/proc/\(process)/cmdline").split(separator: "\0").map(String.init)
    }

    /// Returns whether a process has ended, reaped or not.
    static func hasEnded(_ process: pid_t) -> Bool {
        let status = Files.text("/proc/\(process)/stat")
        // The state follows the name. The name is in parentheses and may contain any character.
        guard let end = status.lastIndex(of: ")") else { return true }
        return status[end...].dropFirst(2).first == "Z"
    }

    /// The children of a process, zombies included.
    static func children(of process: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { child in
            let status = Files.text("/proc/\(child)/stat")
            guard let end = status.lastIndex(of: ")") else { return false }
            return status[end...].split(separator: " ").dropFirst(2).first.flatMap { pid_t($0) } == process
        }
    }

    /// The number of open descriptors of a process.
    static func descriptorCount(of process: pid_t) -> Int { descriptors(of: process).count }

    /// The targets of a process's open descriptors.
    static func descriptors(of process: pid_t) -> [String] {
        let folder = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
    }

    /// Resets `peakMebibytes` (proc(5), clear_refs).
    static func forgetPeak(of process: pid_t) {
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(process)/clear_refs"))
    }

    /// The largest resident memory of a process so far, in MiB.
    static func peakMebibytes(of process: pid_t) -> Int? {
        Files.text("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            .flatMap { $0.split(separator: " ", omittingEmptySubsequences: true).compactMap { Int($0) }.first }
            .map { $0 / 1024 }
    }
}
