import Foundation

/// A wall clock that processes are shown instead of the real one, by libfaketime. The monotonic clock stays.
final class WallClock {
    /// What processes are started by that shall see this clock.
    let launcher: [String]
    private let folder: String
    private let keeper: SpawnedProcess

    /// Not beside a sanitizer: both want to stand before the C library, ask for the time before the other is ready, and no process
    /// gets to its start.
    static var isAvailable: Bool { library != nil && Sanitizer.name == nil }

    private static let library: String? = {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        return folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }()

    init() throws {
        folder = try Files.makeTemporaryFolder()
        // The library would make shared memory of its own and change the environment for it, and Swift finds a program's
        // arguments by where the environment lies. One that faketime(1) has made is only used.
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

    /// Shows the real time moved by this, such as `+1d` or `-4m`, from about a second after on.
    func leap(to offset: String) throws {
        try Data("\(offset)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/clock"))
    }
}
