import Cluster
import Foundation
import Sockets
import TestSupport
import Testing

@testable import Handover
@testable import Storage

/// Attacks on the path of the state directory, and on the names in it.
@Suite struct SafePathTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func problem(_ path: String) -> SafePath.Problem? {
        do throws(SafePath.Problem) {
            _ = try SafePath.open(path)
            return nil
        } catch { return error }
    }

    private func make(_ name: String, mode: mode_t) throws {
        try folder.makeFolder(name)
        #expect(chmod("\(folder.path)/\(name)", mode) == 0)
    }

    @Test func `Missing components of a path are created for this user alone`() throws {
        let path = "\(folder.path)/a/b/c"
        #expect(problem(path) == nil)
        for made in ["a", "a/b", "a/b/c"] {
            var status = stat()
            #expect(stat("\(folder.path)/\(made)", &status) == 0 && status.st_mode & 0o7777 == 0o700)
        }
        #expect(problem("\(folder.path)/./a//b/../b/c/") == nil)
    }

    @Test(arguments: [0o770, 0o702, 0o707, 0o777] as [mode_t])
    func `A parent that other users can write to is refused`(mode: mode_t) throws {
        try make("open", mode: mode)
        #expect(problem("\(folder.path)/open/state")?.cure == "chmod go-w \(folder.path)/open")
        // As in /tmp, where only the owner of an entry can rename it.
        #expect(chmod("\(folder.path)/open", mode | S_ISVTX) == 0)
        #expect(problem("\(folder.path)/open/state") == nil)
    }

    @Test(arguments: [0o755, 0o710, 0o701, 0o1777] as [mode_t])
    func `A directory that other users can enter is refused`(mode: mode_t) throws {
        try make("state", mode: mode)
        #expect(problem("\(folder.path)/state")?.cure == "chmod 700 \(folder.path)/state")
    }

    @Test func `A link of this user is followed, and its target has to follow the same rules`() throws {
        try make("real", mode: 0o700)
        try make("open", mode: 0o777)
        for (link, target) in [("good", "real"), ("whole", "\(folder.path)/real"), ("bad", "open"), ("loop", "loop")] {
            #expect(symlink(target, "\(folder.path)/\(link)") == 0)
        }
        #expect(problem("\(folder.path)/good/state") == nil)
        #expect(problem("\(folder.path)/whole/state") == nil)
        #expect(problem("\(folder.path)/bad/state")?.path == "\(folder.path)/open")
        #expect(problem("\(folder.path)/loop/state") != nil)
    }

    @Test func `A file in the place of a directory is refused`() throws {
        try folder.write("", to: "file")
        #expect(problem("\(folder.path)/file")?.reason == "is no directory")
        #expect(problem("\(folder.path)/file/state")?.reason == "is no directory")
        #expect(problem("/proc/none") != nil)
    }

    @Test(.enabled(if: geteuid() == 0)) func `A component of another user is refused at every position`() throws {
        let other: uid_t = 65534
        try make("theirs", mode: 0o700)
        try make("theirs/state", mode: 0o700)
        #expect(chown("\(folder.path)/theirs", other, other) == 0)
        #expect(problem("\(folder.path)/theirs")?.path == "\(folder.path)/theirs")
        #expect(problem("\(folder.path)/theirs/state")?.path == "\(folder.path)/theirs")
        try make("ours", mode: 0o700)
        #expect(symlink("ours", "\(folder.path)/link") == 0)
        #expect(lchown("\(folder.path)/link", other, other) == 0)
        #expect(problem("\(folder.path)/link/state")?.reason == "is a symbolic link of another user")
        try folder.write("{}", to: "ours/balancer.json")
        let directory = try SafePath.open("\(folder.path)/ours")
        #expect(directory.read("balancer.json") != nil)
        #expect(chown("\(folder.path)/ours/balancer.json", other, other) == 0)
        #expect(directory.read("balancer.json") == nil)
    }

    @Test func `A link in the place of a file is neither read nor written`() throws {
        let directory = try SafePath.open("\(folder.path)/state")
        try folder.write("secret", to: "victim")
        for name in ["file", "file.\(getpid()).\(PIDNamespace.own ?? 0).tmp"] {
            #expect(symlink("\(folder.path)/victim", "\(folder.path)/state/\(name)") == 0)
        }
        #expect(directory.read("file") == nil)
        for access in [SafeDirectory.Access.read, .write, .readWriteOrMake, .appendOrMake] {
            #expect(throws: SystemError("open", code: ELOOP)) { _ = try directory.open("file", access).rawValue }
        }
        try directory.replace("file", with: Array("new".utf8), waiting: .withoutLoop)
        #expect(directory.read("file") == Array("new".utf8))
        #expect(try String(contentsOfFile: "\(folder.path)/victim", encoding: .utf8) == "secret")
        #expect(directory.names().filter { $0.hasPrefix("file") } == ["file"])
    }

    @Test func `A FIFO or a folder in the place of a file blocks no process`() throws {
        let directory = try SafePath.open("\(folder.path)/state")
        #expect(mkfifo("\(folder.path)/state/fifo", 0o600) == 0)
        try make("state/folder", mode: 0o700)
        #expect(directory.read("fifo") == nil && directory.read("folder") == nil)
        #expect(throws: SystemError.self) { _ = try directory.open("fifo", .readWriteOrMake).rawValue }
    }

    @Test func `Another directory at the same path changes nothing for a process that has opened this one`() throws {
        let path = "\(folder.path)/state"
        let directory = try StateDirectory(path: path)
        let store = LockFileStore(directory: directory)
        guard case .taken = store.tryLock() else {
            Issue.record("the lock is not free")
            return
        }
        #expect(rename(path, "\(folder.path)/moved") == 0)
        try make("state", mode: 0o700)
        try folder.write("{}", to: "state/balancer.json")
        try directory.files.replace(StateDirectory.Name.epoch, with: [1], waiting: .withoutLoop)
        #expect(directory.files.read(StateDirectory.Name.configuration) == nil)
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/moved/epoch"))
        #expect(!FileManager.default.fileExists(atPath: "\(path)/epoch"))
        let socket = try HandoverSocket.listen(in: directory)
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/moved/handover.sock"))
        let process = try HandoverSocket.connect(in: directory)?.process
        #expect(process == .visible(getpid()))
        _ = socket.rawValue
        // A process that uses the path finds another lock. If it locks that one, this reign ends.
        #expect(store.lockStanding() == .held)
        try folder.write("", to: "state/balancer.lock")
        #expect(store.lockStanding() != .held)
    }

    @Test func `A socket fits in a directory with a long path`() throws {
        let path = "\(folder.path)/\(String(repeating: "long/", count: 40))state"
        _ = try HandoverSocket.listen(in: try StateDirectory(path: path)).rawValue
        #expect(FileManager.default.fileExists(atPath: "\(path)/handover.sock"))
    }

    @Test(.enabled(if: geteuid() == 0)) func `A socket of another user is refused`() throws {
        var numbers: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &numbers) == 0)
        // The credentials of a socket pair are those of its creator.
        let process = try HandoverSocket.check(FileDescriptor(owning: numbers[0])).process
        #expect(process == .visible(getpid()))
        close(numbers[1])
        let directory = try StateDirectory(path: "\(folder.path)/state")
        let script =
            "import os,socket,sys; os.setuid(65534); s=socket.socket(socket.AF_UNIX); "
            + "s.bind('handover.sock'); s.listen(); print(flush=True); sys.stdin.read()"
        #expect(chmod(folder.path, 0o755) == 0 && chmod("\(folder.path)/state", 0o777) == 0)
        let stranger = Process()
        stranger.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        stranger.arguments = ["-c", script]
        stranger.currentDirectoryURL = URL(fileURLWithPath: "\(folder.path)/state")
        let (input, output) = (Pipe(), Pipe())
        stranger.standardInput = input
        stranger.standardOutput = output
        try stranger.run()
        _ = output.fileHandleForReading.availableData
        #expect(throws: SystemError("connect", code: EPERM)) {
            _ = try HandoverSocket.connect(in: directory)?.process
        }
        try input.fileHandleForWriting.close()
        stranger.waitUntilExit()
    }
}
