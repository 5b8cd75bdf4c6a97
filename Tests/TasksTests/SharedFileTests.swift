import Foundation
import Glibc
import Sockets
import Synchronization
import Testing

@testable import Tasks

/// The shared file: its bounds, batches and locks, and its behaviour on a full disk.
@Suite(.timeLimit(.minutes(5))) struct SharedFileTests {
    /// Appends a line and waits for the result.
    private static func append(_ line: String, to file: SharedFile) -> Result<Int, SharedFileError> {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<Int, SharedFileError>>(.failure(.busy))
        do throws(SharedFileError) {
            try Array(line.utf8).withUnsafeBufferPointer { bytes throws(SharedFileError) in
                try file.append(bytes) { result in
                    outcome.withLock { $0 = result }
                    done.signal()
                }
            }
        } catch {
            return .failure(error)
        }
        return done.wait(timeout: .now() + 20) == .success ? outcome.withLock { $0 } : .failure(.locked)
    }

    private static func content(_ path: String) -> [UInt8] {
        FileManager.default.contents(atPath: path).map(Array.init) ?? []
    }

    /// Objects with their own open files lock each other out, as processes do. flock(2) locks the open file
    /// description.
    @Test func keepsLinesWholeFromManyFiles() async throws {
        let folder = TemporaryFolder()
        let path = folder.file()
        let files = (0..<4).map { _ in SharedFile(path: path, threads: 1) }
        let done = DispatchSemaphore(value: 0)
        let failures = Atomic<Int>(0)
        for (number, file) in files.enumerated() {
            for line in 0..<200 {
                let text = "\(number) \(line) " + String(repeating: "abcdefgh", count: line % 37 * 20)
                try Array(text.utf8).withUnsafeBufferPointer { bytes in
                    try file.append(bytes) { result in
                        if case .failure = result { failures.add(1, ordering: .relaxed) }
                        done.signal()
                    }
                }
            }
        }
        for _ in 0..<800 { #expect(done.wait(timeout: .now() + 20) == .success) }
        #expect(failures.load(ordering: .relaxed) == 0)
        let lines = String(decoding: Self.content(path), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 800)
        for line in lines {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            #expect(parts.count == 3)
            #expect(parts.last?.utf8.count == (Int(parts[1]) ?? -1) % 37 * 20 * 8)
        }
        for file in files { file.shutdown() }
    }

    @Test func boundsTheWaitingLines() throws {
        let folder = TemporaryFolder()
        let file = SharedFile(path: folder.file(), threads: 1)
        let gate = DispatchSemaphore(value: 0)
        #expect(file.assist { gate.wait() })
        let done = Atomic<Int>(0)
        let line = Array("x".utf8)
        func append() throws {
            try line.withUnsafeBufferPointer { try file.append($0) { _ in done.add(1, ordering: .relaxed) } }
        }
        for _ in 0..<LineQueue.maximumLines { try append() }
        #expect(throws: SharedFileError.busy) { try append() }
        gate.signal()
        file.shutdown()
        #expect(done.load(ordering: .relaxed) == LineQueue.maximumLines)
        #expect(Self.content(folder.file()).count == 2 * LineQueue.maximumLines)
    }

    @Test func boundsTheWaitingBytes() throws {
        let folder = TemporaryFolder()
        let file = SharedFile(path: folder.file(), threads: 1)
        let gate = DispatchSemaphore(value: 0)
        #expect(file.assist { gate.wait() })
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: (64 << 10) - 1)
        func append() throws { try line.withUnsafeBufferPointer { try file.append($0) { _ in } } }
        for _ in 0..<128 { try append() }
        #expect(throws: SharedFileError.busy) { try append() }
        gate.signal()
        file.shutdown()
        #expect(Self.content(folder.file()).count == LineQueue.maximumBytes)
    }

    @Test func answersEverythingThatWasAskedBeforeTheShutdown() throws {
        let folder = TemporaryFolder()
        let file = SharedFile(path: folder.file(), threads: 2)
        let succeeded = Atomic<Int>(0)
        let line = Array("line".utf8)
        for _ in 0..<500 {
            try line.withUnsafeBufferPointer { bytes in
                try file.append(bytes) { if case .success = $0 { succeeded.add(1, ordering: .relaxed) } }
            }
        }
        file.shutdown()
        #expect(succeeded.load(ordering: .relaxed) == 500)
        #expect(Self.append("late", to: file) == .failure(.stopped))
        #expect(throws: SharedFileError.stopped) { try file.open(tailLines: nil) { _ in } }
        #expect(file.permits.count == 0)
    }

    @Test func stopsASearchAfterItsReaderLeft() throws {
        let folder = TemporaryFolder()
        #expect(FileManager.default.createFile(atPath: folder.file(), contents: Data("a\nb\n".utf8)))
        let file = SharedFile(path: folder.file(), threads: 1)
        let gate = DispatchSemaphore(value: 0)
        #expect(file.assist { gate.wait() })
        let answers = Atomic<Int>(0)
        let cancelled = try file.open(tailLines: 1) { _ in answers.add(1, ordering: .relaxed) }
        let wanted = try file.open(tailLines: 1) { _ in answers.add(10, ordering: .relaxed) }
        cancelled.cancel()
        gate.signal()
        file.shutdown()
        #expect(answers.load(ordering: .relaxed) == 10)
        withExtendedLifetime(wanted) {}
    }

    @Test(arguments: [LOCK_EX, LOCK_SH])
    func doesNotWaitForALockWithoutEnd(_ lock: Int32) throws {
        let folder = TemporaryFolder()
        let file = SharedFile(path: folder.file(), threads: 2, lockMilliseconds: 1_500)
        defer { file.shutdown() }
        #expect(Self.append("first", to: file) == .success(6))
        let other = open(folder.file(), O_RDONLY)
        #expect(flock(other, lock) == 0)
        // Readers continue without the lock after their time limit. Writers fail.
        let done = DispatchSemaphore(value: 0)
        let ticket = try file.open(tailLines: nil) { _ in done.signal() }
        #expect(Self.append("second", to: file) == .failure(.locked))
        #expect(done.wait(timeout: .now() + 20) == .success)
        withExtendedLifetime(ticket) {}
        close(other)
        #expect(Self.append("third", to: file) == .success(6))
        #expect(Self.content(folder.file()) == Array("first\nthird\n".utf8))
    }

    @Test(
        arguments: [
            (ENOSPC, 507), (EDQUOT, 507), (EFBIG, 507), (EIO, 500), (EACCES, 500), (EROFS, 500),
        ] as [(Int32, UInt16)])
    func tellsNoRoomFromOtherFailures(_ code: Int32, _ status: UInt16) {
        let error = SharedFileError(writing: SystemError("write", code: code))
        #expect(error.status == status)
        #expect(error.retryAfterSeconds == nil)
        #expect(!error.message.isEmpty)
    }

    @Test func refusesOtherThanRegularFiles() {
        #expect(Self.append("x", to: SharedFile(path: "/dev/null")) == .failure(.notARegularFile))
        let nowhere = SharedFile(path: "/nonexistent-folder/x")
        #expect(Self.append("x", to: nowhere) == .failure(.failed(SystemError("open", code: ENOENT))))
    }

    #if os(Linux)
        /// Runs in a process of its own, because the limit applies to the whole process. For write(2), the limit acts
        /// like a full disk.
        @Test func leavesNoHalfLineWhenThereIsNoRoom() async {
            await #expect(processExitsWith: .success) {
                let folder = TemporaryFolder()
                let path = folder.file()
                var limit = rlimit(rlim_cur: 10_000, rlim_max: 10_000)
                #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
                let file = SharedFile(path: path)
                let line = String(repeating: "x", count: 5_999)
                #expect(SharedFileTests.append(line, to: file) == .success(6_000))
                // 4,000 of these 6,000 bytes fit. The writer writes the 4,000 bytes and truncates the file again.
                let refused = SharedFileTests.append(line, to: file)
                #expect(refused == .failure(.full(SystemError("write", code: EFBIG))))
                #expect(SharedFileTests.content(path).count == 6_000)
                // The file still accepts a line that fits.
                #expect(SharedFileTests.append("fits", to: file) == .success(5))
                #expect(SharedFileTests.content(path) == Array((line + "\nfits\n").utf8))
                file.shutdown()
            }
        }
    #endif
}
