import Foundation
import Testing

extension EndToEnd {
    /// Clients that people use, each with small and large contents; what is not installed is skipped.
    @Suite struct Clients {
        private func check(_ program: String, _ arguments: (TestCluster) -> [String]) throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            let result = try Command.run(program, arguments(cluster), seconds: 150)
            #expect(result.status == 0 && result.text == "all is well\n", "\(result.text)\(result.errors)")
            try cluster.waitForStatus("nothing is under way") { $0.inFlight == [0, 0] }
        }

        private static func tool(_ name: String) -> String { "\(Files.packageRoot)/Tests/Clients/\(name)" }

        #if TLS
            private static let hasNode = (try? Command.run("node", ["--version"]).status) == 0

            @Test(.enabled(if: hasNode, "node is not installed"))
            func `node's https and http2 are served`() throws {
                try check("node") { [Clients.tool("node-client"), "\($0.publicPort)", "\($0.certificates)/ca.pem"] }
            }
        #endif
    }
}
