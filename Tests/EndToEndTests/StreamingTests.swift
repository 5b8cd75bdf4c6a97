import Foundation
import Testing

extension EndToEnd {
    /// Memory stays bounded for streams of any length.
    @Suite struct Streaming {
        private static let gibibyte = 1 << 30
        private static let limitKilobytes = Sanitizer.memoryLimit(kilobytes: 64 << 10)

        /// The largest resident memory of any process of the cluster, in kB.
        private func peak(_ cluster: TestCluster) -> Int {
            ProcessTable.withArgument(containing: cluster.folder).map { process in
                let line = Files.text("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
                return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
            }.max() ?? 0
        }

        @Test func `A download of 1 GiB stays under 64 MiB of memory`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let response = try Curl(cluster.url("/bytes/\(Streaming.gibibyte)"), ["-o", "/dev/null"], seconds: 150)
                .finish()
            #expect(response.isOK && response.size == Streaming.gibibyte, "\(response)")
            #expect((1...Streaming.limitKilobytes).contains(peak(cluster)))
        }

        /// A quarter of the length suffices for chunked content: it also shows whether the content is stored.
        @Test(arguments: [([], gibibyte), (["-H", "Transfer-Encoding: chunked"], gibibyte / 4)])
        func `An upload that is echoed stays under 64 MiB of memory`(framing: [String], size: Int) throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let file = "\(cluster.folder)/large"
            try Files.makeSparse(file, size: size)
            let arguments = ["-X", "POST", "-T", file, "-o", "/dev/null"] + framing
            let response = try Curl(cluster.url("/echo"), arguments, seconds: 200).finish()
            #expect(response.isOK && response.size == size, "\(response)")
            #expect((1...Streaming.limitKilobytes).contains(peak(cluster)))
        }

        @Test func `A slow reader of a long response delays no other client and needs little memory`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let slow = try Curl(
                cluster.url("/bytes/\(Streaming.gibibyte)"), ["--limit-rate", "100k", "-o", "/dev/null"], seconds: 4)
            for _ in 0..<20 { #expect(try cluster.curl("/").isOK) }
            #expect(slow.finish().exitStatus == 28)
            #expect((1...Streaming.limitKilobytes).contains(peak(cluster)))
        }
    }
}
