import Foundation
import Synchronization
import Testing

extension EndToEnd {
    /// The log of a process can't be used to harm it.
    @Suite struct Log {
        /// The full standard error pipe of a process, without a reader.
        private final class StuckReader {
            let path: String
            private let folder: String
            private let descriptor: Int32

            init() throws {
                folder = try Files.makeTemporaryFolder()
                path = "\(folder)/fifo"
                guard mkfifo(path, 0o600) == 0 else { throw HarnessError("no FIFO at \(path)") }
                descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
                fill()
            }

            deinit {
                close(descriptor)
                Files.remove(folder)
            }

            /// A command that becomes the program behind it, with this pipe as standard error. Swift's own crash report
            /// would wait for the reader, so it is off.
            var launcher: [String] { ["sh", "-c", "exec env SWIFT_BACKTRACE=enable=no \"$0\" \"$@\" 2<>\(path)"] }

            private func fill() {
                let block = [UInt8](repeating: UInt8(ascii: "."), count: 4096)
                while write(descriptor, block, block.count) > 0 {}
                while write(descriptor, block, 1) > 0 {}
            }

            /// Reads everything that waits in the pipe.
            func drain() -> String {
                var all = [UInt8]()
                var block = [UInt8](repeating: 0, count: 64 << 10)
                while case let count = read(descriptor, &block, block.count), count > 0 { all += block[..<count] }
                return String(decoding: all, as: UTF8.self)
            }
        }

        /// A container runtime that takes the log in small pieces, with pauses.
        private final class SlowReader: @unchecked Sendable {
            let path: String
            private let folder: String
            private let descriptor: Int32
            private let text = Mutex("")
            private let timer = DispatchSource.makeTimerSource()

            /// The least capacity of a pipe, so that most lines wait in the process.
            init() throws {
                folder = try Files.makeTemporaryFolder()
                path = "\(folder)/fifo"
                guard mkfifo(path, 0o600) == 0 else { throw HarnessError("no FIFO at \(path)") }
                descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
                let setPipeSize: Int32 = 1031  // F_SETPIPE_SZ
                guard fcntl(descriptor, setPipeSize, 4096) == 4096 else { throw HarnessError("no small pipe") }
                timer.schedule(deadline: .now(), repeating: .milliseconds(200))
                timer.setEventHandler { [weak self] in self?.read() }
                timer.activate()
            }

            deinit {
                close(descriptor)
                Files.remove(folder)
            }

            func stop() { timer.cancel() }

            var lines: [Substring] { text.withLock { $0 }.split(separator: "\n") }

            /// 4 KiB five times a second.
            private func read() {
                var block = [UInt8](repeating: 0, count: 4096)
                let count = Foundation.read(descriptor, &block, block.count)
                if count > 0 { text.withLock { $0 += String(decoding: block[..<count], as: UTF8.self) } }
            }
        }

        @Test func `An unread standard error stops neither balancer nor workers`() throws {
            let reader = try StuckReader()
            let cluster = try TestCluster(.init(workers: 2, launcher: reader.launcher))
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/").isOK)
            // Each kill causes some log lines.
            cluster.workers[1].process.send(SIGKILL)
            try cluster.waitForStatus("one worker is out of the rotation") { $0.readyCount == 1 }
            try cluster.workers[1].start()
            try cluster.waitUntilReady(2)
            let first = try #require(cluster.balancer)
            first.send(SIGKILL)
            try cluster.waitForStatus("a worker has started a successor") {
                $0.pid != first.identifier && $0.readyCount == 2
            }
            #expect(try cluster.curl("/").isOK)
            // The log is not lost: it waits for the reader.
            var log = ""
            try waitUntil("the log lines arrive") {
                log += reader.drain()
                return log.contains("taking over after epoch 1")
            }
            #expect(log.contains("worker serves") && log.contains("the balancer is dead"), "\(log)")
        }

        @Test func `A process with an unread log ends and crashes as usual`() throws {
            let reader = try StuckReader()
            let cluster = try TestCluster(.init(workers: 2, launcher: reader.launcher))
            defer { cluster.tearDown() }
            let worker = cluster.workers[1].process
            worker.send(SIGTERM)
            #expect(worker.wait() == 0)
            let other = cluster.workers[0].process
            other.send(SIGABRT)
            #expect(other.wait() == 128 + SIGABRT)
        }

        #if TLS
            /// As many lines as 16 a second in 20 s, from different peers, and the end of the process before the reader
            /// has them.
            @Test func `A slow reader of standard error gets every line, also after the end of the process`() throws {
                let reader = try SlowReader()
                defer { reader.stop() }
                var options = TestCluster.Options()
                options.workers = 0
                options.launcher = ["sh", "-c", "exec \"$0\" \"$@\" 2>\(reader.path)"]
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                let peers = (1...160).map { "127.16.\($0).1" }
                for peer in peers {
                    for _ in 0..<2 {
                        let socket = try PlainSocket(port: cluster.clusterPort, from: peer)
                        socket.send(Data("GET / HTTP/1.1\r\n\r\n".utf8))
                        _ = socket.receiveAll()
                    }
                }
                let metrics = try cluster.admin("/metrics")
                #expect(metrics.contains("\nunderstudy_log_suppressed_total 0\n"))
                #expect(metrics.contains("\nunderstudy_log_lost_total 0\n"))
                cluster.balancer?.send(SIGTERM)
                #expect(cluster.balancer?.wait() == 0)
                let refusals = { reader.lines.filter { $0.contains("refused at the cluster port") } }
                try waitUntil("all lines arrive") { refusals().count >= 2 * peers.count }
                let missing = peers.filter { peer in refusals().count { $0.contains("peer=\(peer)") } != 2 }
                #expect(missing.isEmpty)
                #expect(!reader.lines.contains { $0.contains("were lost") })
            }

            @Test func `A peer that is refused repeatedly has a few log lines, and the others are counted`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                for _ in 0..<100 {
                    let socket = try PlainSocket(port: cluster.clusterPort)
                    socket.send(Data("GET / HTTP/1.1\r\n\r\n".utf8))
                    _ = socket.receiveAll()
                }
                try waitUntil("suppressed lines are counted") {
                    try cluster.admin("/metrics").contains("\nunderstudy_log_suppressed_total 90\n")
                }
                let lines = cluster.balancerLog.split(separator: "\n").filter {
                    $0.contains("refused at the cluster port")
                }
                #expect(lines.count == 10, "\(lines)")
            }
        #endif
    }
}
