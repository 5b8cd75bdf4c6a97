import Foundation

/// A disk that hangs when the test says so: no sync of a process with this disk ends meanwhile.
final class SlowDisk {
    /// A command that starts a process with this disk.
    let launcher: [String]
    private let folder: String
    private var held: Int32 = -1

    /// Not available with a sanitizer: its library must be loaded before all others.
    static var isAvailable: Bool { Sanitizer.name == nil }

    init() throws {
        folder = try Files.makeTemporaryFolder()
        let library = "\(folder)/slow_disk.so"
        let built = try Command.run(
            "clang", ["-O1", "-shared", "-fPIC", "\(Files.packageRoot)/Tests/Tools/slow_disk.c", "-o", library])
        guard built.status == 0 else { throw HarnessError("slow_disk.c: \(built.errors)") }
        guard FileManager.default.createFile(atPath: "\(folder)/disk", contents: nil) else {
            throw HarnessError("no file in \(folder)")
        }
        launcher = ["env", "LD_PRELOAD=\(library)", "SLOW_DISK=\(folder)/disk"]
    }

    deinit {
        resume()
        Files.remove(folder)
    }

    /// Syncs wait from now on.
    func hang() throws {
        held = open("\(folder)/disk", O_RDONLY | O_CLOEXEC)
        guard held >= 0, flock(held, LOCK_EX) == 0 else { throw HarnessError("the disk can't be stopped") }
    }

    /// Ends the waits.
    func resume() {
        if held >= 0 { close(held) }
        held = -1
    }

    /// The number of syncs of a process that have begun to wait.
    func waits(of process: pid_t) -> Int {
        Files.text("\(folder)/disk.waiting").split(separator: "\n").count { pid_t($0) == process }
    }
}
