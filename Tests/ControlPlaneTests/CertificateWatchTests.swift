import ControlPlane
import Foundation
import Logging
import Sockets
import Storage
import Telemetry
import TestSupport
import Testing

/// The watch notices renewed files once, when they no longer change.
@Suite struct CertificateWatchTests {
    /// Runs a watch of one file on a loop of its own until `done` returns true.
    private func run(
        _ folder: borrowing TemporaryFolder, failing: Bool = false,
        change: @escaping (_ path: String, _ reloads: Int) -> Void,
        until done: @escaping (_ reloads: Int) -> Bool
    ) throws -> Int {
        let loop = try EventLoop()
        let path = "\(folder.path)/leaf.pem"
        try Data("first".utf8).write(to: URL(fileURLWithPath: path))
        var reloads = 0
        let watch = CertificateWatch(
            loop: loop, disk: try DiskThread(directory: StateDirectory(path: folder.path)),
            files: [path, "\(folder.path)/absent.crl"], log: Logger(label: "test"), periodMilliseconds: 2,
            warnings: { { [] } },
            makeReading: {
                reloads += 1
                return { () throws(CommandError) in
                    if failing { throw .usage("not usable") }
                    return LoopBound {}
                }
            })
        let ticker = LoopTimer(on: loop)
        ticker.action = {
            change(path, reloads)
            if done(reloads) { loop.stop() } else { ticker.set(afterMilliseconds: 1) }
        }
        ticker.set(afterMilliseconds: 1)
        loop.run()
        ticker.remove()
        withExtendedLifetime(watch) {}
        return reloads
    }

    @Test func `A replaced file is read again, once`() throws {
        let folder = try TemporaryFolder()
        var isChanged = false
        var ticksAfter = 0
        let reloads = try run(
            folder,
            change: { path, _ in
                if !isChanged { try? Data("second one".utf8).write(to: URL(fileURLWithPath: path), options: .atomic) }
                isChanged = true
            },
            until: {
                if $0 > 0 { ticksAfter += 1 }
                return ticksAfter > 20
            })
        #expect(reloads == 1)
    }

    @Test func `A new file counts as a change`() throws {
        let folder = try TemporaryFolder()
        let revocations = "\(folder.path)/absent.crl"
        let reloads = try run(
            folder,
            change: { _, _ in
                if !FileManager.default.fileExists(atPath: revocations) {
                    try? Data("list".utf8).write(to: URL(fileURLWithPath: revocations))
                }
            }, until: { $0 > 0 })
        #expect(reloads == 1)
    }

    @Test func `An unusable file is read again after its next change, not before`() throws {
        let folder = try TemporaryFolder()
        var changes = 0
        var ticks = 0
        let reloads = try run(
            folder, failing: true,
            change: { path, reloads in
                ticks += 1
                // The second change comes well after the first one has failed.
                if changes == 0 || (changes == 1 && reloads == 1 && ticks > 40) {
                    changes += 1
                    ticks = 0
                    let text = String(repeating: "x", count: 10 * changes)
                    try? Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
                }
            }, until: { $0 >= 2 })
        #expect(reloads == 2 && changes == 2)
    }
}
