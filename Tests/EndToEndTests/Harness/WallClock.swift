import Foundation

/// A false wall clock for processes, made by libfaketime. The monotonic clock stays real.
final class WallClock {
    /// A command that starts a process with this clock.
    let launcher: [String]
    private let folder: String
    private let keeper: SpawnedProcess

    /// Not available with a sanitizer: both must be loaded before the C library. Each asks for the time before the
    /// other is ready, and no process starts.
    static var isAvailable: Bool { library != nil && Sanitizer.name == nil }

    private static let library: String? = {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        return folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }()

    init() throws {
        folder = try Files.makeTemporaryFolder()
        // Otherwise the library would create shared memory and change the environment for it. Swift finds a program's
        // arguments by the address of the environment. The library only uses shared memory that faketime(1) has
        // created.
        keeper = try SpawnedProcess(
            "faketime", ["-f", "+0", "sh", "-c", "echo \"$FAKETIME_SHARED\"; exec tail -f /dev/null"],
            output: "\(folder)/shared", errors: "/dev/null")
        let shared = "\(folder)/shared"
        try waitUntil("faketime tells what it shares") { Files.text(shared).hasSuffix("\n") }
        launcher = [
            "env", "FAKETIME_SHARED=\(Files.text(shared).split(separator: "\n")[0])",
            "LD_PRELOAD=\(WallClock.library ?? "")", "FAKETIME_TIMESTAMP_FILE=\(folder)/clock",
            "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ]
        try leap(to: "+0")
    }

    deinit {
        for process in ProcessTable.children(of: keeper.identifier) { kill(process, SIGKILL) }
        keeper.end()
        Files.remove(folder)
    }

    /// Shows the real time with this offset, such as `+1d` or `-4m`, after about a second.
    func leap(to offset: String) throws {
        try Data("\(offset)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/clock"))
    }
}
