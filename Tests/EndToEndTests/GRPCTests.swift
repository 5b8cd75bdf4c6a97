import Foundation
import Testing

extension EndToEnd {
    /// gRPC with its own Python package on both ends. `scripts/setup --tests` installs the package.
    @Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: Files.python)))
    struct GRPC {
        @Test func `Calls of all four kinds pass with their status, and can be cancelled`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let server = try SpawnedProcess(
                Files.python, ["\(Files.packageRoot)/Tests/Clients/grpc-server"], output: "\(folder)/port")
            defer { server.end() }
            try waitUntil("the gRPC server prints its port") { Files.text("\(folder)/port").hasSuffix("\n") }
            let port = Files.text("\(folder)/port").trimmingCharacters(in: .newlines)
            let cluster = try TestCluster(workers: 2, workerArguments: ["--forward", "h2c://127.0.0.1:\(port)"])
            defer { cluster.tearDown() }
            var arguments = ["\(Files.packageRoot)/Tests/Clients/grpc-client", "localhost:\(cluster.publicPort)"]
            #if TLS
                arguments.append("\(cluster.certificates)/ca.pem")
            #endif
            let client = try Command.run(Files.python, arguments, seconds: 120)
            #expect(client.status == 0 && client.text == "all is well\n", "\(client.errors)")
            try cluster.waitForStatus("no request is in progress") { $0.workers.allSatisfy { $0.inFlight == 0 } }
        }
    }
}
