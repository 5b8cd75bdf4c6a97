import Foundation
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
