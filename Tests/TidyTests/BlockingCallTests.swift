import Foundation
import Testing

/// No step of a loop may block. Code that waits for a disk, a name server or another thread stands in few files, and each one
/// has a reason.
@Suite(.timeLimit(.minutes(5))) struct BlockingCallTests {
    /// Calls that wait, and the reasons that permit a synced write.
    private static let calls: Set<String> = [
        "fsync", "fdatasync", "syncfs", "sync_file_range", "msync", "getaddrinfo", "usleep", "nanosleep",
        "pthread_join",
        "readAgain", "onDiskThread", "withoutLoop", "onCommandLoop", "beforeGrant",
    ]

    /// The files with such calls.
    private static let allowed: [String: Set<String>] = [
        // The synced write, for callers that have a reason, and the reasons.
        "Sources/Sockets/SafeDirectory.swift": ["fsync"],
        "Sources/Sockets/DiskWait.swift": ["onDiskThread", "withoutLoop", "onCommandLoop", "beforeGrant"],
        "Sources/Storage/DiskThread.swift": ["onDiskThread"],
        // The loop for the commands of operators, and a command without a loop.
        "Sources/Storage/SnapshotStore.swift": ["withoutLoop", "onCommandLoop"],
        // At the start of a process.
        "Sources/Storage/LockDomainFile.swift": ["fsync", "withoutLoop"],
        // The grant of an epoch. Clients wait for it by design.
        "Sources/Storage/LockFileStore.swift": ["fdatasync", "beforeGrant"],
        // Steps for the disk thread.
        "Sources/Settings/SettingsChange.swift": ["readAgain"],
        "Sources/ControlPlane/Certificates/NodeCertificates.swift": ["readAgain"],
        "Sources/Nodes/ConfigurationReload.swift": ["readAgain"],
        "Sources/Nodes/Balancer/CertificateReload.swift": ["readAgain"],
        "Sources/Nodes/Worker/WorkerNode.swift": ["readAgain"],
        // The helper threads of the shared file.
        "Sources/Tasks/FileAppender.swift": ["fsync", "fdatasync"],
        "Sources/Tasks/FileLock.swift": ["usleep"],
        "Sources/Tasks/HelperThreads.swift": ["pthread_join"],
        // The resolver thread.
        "Sources/Sockets/Names/Resolver.swift": ["getaddrinfo"],
        // The end of a process.
        "Sources/Sockets/LoopThread.swift": ["pthread_join"],
        "Sources/Telemetry/AccessLog/AccessLog.swift": ["usleep"],
        "Sources/Telemetry/BackgroundWriter.swift": ["usleep"],
        // A crash, which waits for the last log lines.
        "Sources/CLinux/clinux.c": ["nanosleep"],
    ]

    /// The calls in a file, without its comments and the texts in it.
    private static func found(in text: String) -> Set<String> {
        var names: Set<String> = []
        for line in text.split(separator: "\n") {
            let code = line.trimmingCharacters(in: .whitespaces).replacing(#/"[^"]*"/#, with: "")
            guard !code.hasPrefix("//"), !code.hasPrefix("*") else { continue }
            let words = code.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
            names.formUnion(calls.intersection(words))
        }
        return names
    }

    @Test func `Only the listed files wait`() {
        var all: [String: Set<String>] = [:]
        for path in Repository.files(in: "Sources/") where path.hasSuffix(".swift") || path.hasSuffix(".c") {
            let names = BlockingCallTests.found(in: Repository.text(of: path))
            if !names.isEmpty { all[path] = names }
        }
        for (path, names) in all {
            #expect(
                BlockingCallTests.allowed[path]?.isSuperset(of: names) == true,
                "\(path) uses \(names.sorted()): let DiskThread do it, or give the reason here")
        }
        for (path, names) in BlockingCallTests.allowed {
            #expect(names == all[path], "\(path): remove from the list what the file no longer uses")
        }
    }

    @Test func `Calls are found, and names and comments are not`() {
        let text = """
            /// fsync(2) takes long.
            let a = fsync(file)
            try check("fdatasync", open())
            try files.replace("a", with: b, waiting: .onDiskThread)
            """
        #expect(BlockingCallTests.found(in: text) == ["fsync", "onDiskThread"])
    }
}
