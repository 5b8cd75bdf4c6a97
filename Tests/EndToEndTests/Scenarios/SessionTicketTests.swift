#if TLS
    import Foundation
    import Testing

    extension Scenarios {
        @Suite struct SessionTickets {
            @Test(arguments: ["-tls1_3", "-tls1_2"])
            func `A client resumes its session after a takeover`(version: String) throws {
                let cluster = try TestCluster()
                defer { cluster.tearDown() }
                try cluster.waitUntilSettled()
                let session = "\(cluster.folder)/session"
                #expect(try connect(cluster, version, "-sess_out", session).contains("New, TLS"))
                #expect(try connect(cluster, version, "-sess_in", session).contains("Reused, TLS"))
                for epoch in 2...3 {
                    kill(try cluster.status().pid, SIGKILL)
                    try cluster.waitForStatus("a successor reigns") { $0.epoch == epoch && $0.readyCount == 3 }
                    #expect(try connect(cluster, version, "-sess_in", session).contains("Reused, TLS"))
                }
                try cluster.replaceBalancer()
                try cluster.waitForStatus("a replacement reigns") { $0.epoch == 4 && $0.readyCount == 3 }
                #expect(try connect(cluster, version, "-sess_in", session).contains("Reused, TLS"))
            }

            /// Sends one request with openssl's client and returns its report of the session.
            private func connect(_ cluster: TestCluster, _ arguments: String...) throws -> String {
                let result = try Command.run(
                    "openssl", ["s_client", "-connect", "127.0.0.1:\(cluster.publicPort)", "-ign_eof"] + arguments,
                    input: Data("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
                #expect(result.text.contains("HTTP/1.1 200 OK"), "\(result.errors)")
                return result.text
            }
        }
    }
#endif
