import Foundation
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// The thread that waits for the disk.
@Suite(.timeLimit(.minutes(2))) final class DiskThreadTests {
    /// A disk that writes only when the test lets it.
    private final class Disk: Sendable {
        private let permits = DispatchSemaphore(value: 0)
        private let begun = DispatchSemaphore(value: 0)
        private let list = Mutex<[String]>([])

        var written: [String] { list.withLock { $0 } }

        func write(_ name: String, _ content: [UInt8]) throws(SystemError) {
            begun.signal()
            permits.wait()
            list.withLock { $0.append("\(name) \(String(decoding: content, as: UTF8.self))") }
            if content == Array("bad".utf8) { throw SystemError("fsync", code: EIO) }
        }

        func permit(_ count: Int) { for _ in 0..<count { permits.signal() } }

        func awaitWrite() { begun.wait() }
    }

    /// The outcomes in the order of their calls.
    private final class Outcomes: Sendable {
        let list = Mutex<[String]>([])

        var all: [String] { list.withLock { $0 } }
        var count: Int { all.count }
    }

    private let folder: TemporaryFolder
    private let control: TestLoop
    private let disk = Disk()
    private let outcomes = Outcomes()
    private let thread: DiskThread

    init() throws {
        folder = try TemporaryFolder()
        control = try TestLoop()
        thread = try DiskThread(directory: StateDirectory(path: folder.path)) {
            [disk] (name, content) throws(SystemError) in
            try disk.write(name, content)
        }
    }

    deinit {
        disk.permit(100)
        control.stop()
    }

    private func reaches(_ count: Int) -> Bool {
        let outcomes = outcomes
        return control.eventually { outcomes.count == count }
    }

    private func write(_ name: String, _ text: String) {
        thread.replace(
            name, with: { Array(text.utf8) }, on: control.loop,
            then: { [outcomes] outcome in
                outcomes.list.withLock { $0.append("\(name) \(text) \(outcome)") }
            })
    }

    @Test func `While the disk hangs the loop goes on, and the newest content of each file waits`() throws {
        write("a", "1")
        disk.awaitWrite()
        for number in 2...1000 { write("a", "\(number)") }
        write("b", "1")
        write("a", "last")
        // The loop answers, and knows that 999 writes will not happen.
        #expect(reaches(999))
        let isSuperseded = outcomes.all.allSatisfy { $0.hasSuffix("superseded") }
        #expect(isSuperseded)
        #expect(disk.written == [])
        disk.permit(3)
        #expect(reaches(1002))
        // The last content keeps the place of the first one that waited.
        #expect(disk.written == ["a 1", "a last", "b 1"])
        #expect(outcomes.all.suffix(3) == ["a 1 done", "a last done", "b 1 done"])
    }

    @Test func `Jobs and writes keep their order, and the loop gets each result`() throws {
        disk.permit(10)
        let seen = Outcomes()
        thread.run(on: control.loop, { "read" }, then: { text in seen.list.withLock { $0.append(text) } })
        thread.replace(
            "a", with: { Array("bad".utf8) }, on: control.loop,
            then: { outcome in
                seen.list.withLock { $0.append("\(outcome == .failed(SystemError("fsync", code: EIO)))") }
            })
        thread.replace(
            "b", with: { nil }, on: control.loop,
            then: { outcome in
                seen.list.withLock { $0.append("\(outcome)") }
            })
        thread.run(on: control.loop, { 7 }, then: { number in seen.list.withLock { $0.append("\(number)") } })
        let isDone = control.eventually { seen.count == 4 }
        #expect(isDone)
        #expect(seen.all == ["read", "true", "done", "7"])
        #expect(disk.written == ["a bad"])
    }

    @Test func `The end waits for the last write, but not for a disk that hangs`() throws {
        write("a", "1")
        disk.awaitWrite()
        write("a", "2")
        #expect(!thread.finish(limitMilliseconds: 20))
        #expect(disk.written == [])
        disk.permit(2)
        #expect(thread.finish(limitMilliseconds: 60_000))
        #expect(disk.written == ["a 1", "a 2"])
    }

    @Test func `Without a stand-in the file is replaced`() throws {
        let directory = try StateDirectory(path: folder.path)
        let thread = try DiskThread(directory: directory)
        thread.replace("file", with: { Array("content".utf8) }, on: control.loop, then: { _ in })
        #expect(thread.finish(limitMilliseconds: 60_000))
        #expect(directory.files.read("file") == Array("content".utf8))
        #expect(directory.files.names().filter { $0 != "." && $0 != ".." } == ["file"])
    }
}
