#if TLS
    import Foundation
    import Testing

    extension Defences {
        /// The protocols at each port, tested with openssl.
        @Suite struct TLSSurface {
            private func sClient(_ port: UInt16, _ arguments: [String], input: String = "") throws -> String {
                let result = try Command.run(
                    "openssl", ["s_client", "-connect", "127.0.0.1:\(port)"] + arguments, input: Data(input.utf8))
                return result.text + result.errors
            }

            @Test func `The public port accepts TLS 1.2 and 1.3, and nothing older`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                #expect(try sClient(cluster.publicPort, ["-tls1_3"]).contains("TLSv1.3, Cipher is TLS_"))
                #expect(try sClient(cluster.publicPort, ["-tls1_2"]).contains("TLSv1.2"))
                // openssl itself offers the old versions at this security level only.
                for old in ["-tls1", "-tls1_1"] {
                    let refused = try sClient(cluster.publicPort, [old, "-cipher", "DEFAULT:@SECLEVEL=0"])
                    #expect(refused.contains("alert protocol version"), "\(refused)")
                }
                let chosen = try sClient(cluster.publicPort, ["-alpn", "h3,http/1.1"])
                #expect(chosen.contains("ALPN protocol: http/1.1"), "\(chosen)")
            }

            @Test func `No port computes an expensive key exchange, and TLS 1.2 needs authenticated ciphers`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let node = "\(cluster.certificates)/nodes/worker-8003/worker"
                let certificate = ["-cert", "\(node).pem", "-key", "\(node).key"]
                for port in [cluster.publicPort, cluster.clusterPort, cluster.workers[0].port] {
                    for group in ["ffdhe2048", "ffdhe8192", "P-521"] {
                        let refused = try sClient(port, ["-groups", group] + certificate)
                        #expect(refused.contains("alert handshake failure"), "\(group): \(refused)")
                    }
                    for group in ["X25519", "P-256", "P-384"] {
                        let taken = try sClient(port, ["-groups", group] + certificate)
                        #expect(taken.contains("TLSv1.3, Cipher is TLS_"), "\(group): \(taken)")
                    }
                }
                for suite in ["ECDHE+AES:!AESGCM", "kRSA", "DHE"] {
                    let refused = try sClient(cluster.publicPort, ["-tls1_2", "-cipher", suite])
                    #expect(refused.contains("alert handshake failure"), "\(suite): \(refused)")
                }
            }

            @Test func `The cluster port accepts TLS 1.3 only`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let node = "\(cluster.certificates)/nodes/worker-8003/worker"
                let certificate = ["-cert", "\(node).pem", "-key", "\(node).key"]
                #expect(try sClient(cluster.clusterPort, ["-tls1_3"] + certificate).contains("TLSv1.3, Cipher is TLS_"))
                // The same holds for a worker's port.
                for port in [cluster.clusterPort, cluster.workers[0].port] {
                    let refused = try sClient(port, ["-tls1_2"] + certificate)
                    #expect(refused.contains("alert protocol version"), "\(refused)")
                }
            }

            @Test func `The cluster's ports require a certificate and resume no session`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let node = "\(cluster.certificates)/nodes/worker-8003/worker"
                for port in [cluster.clusterPort, cluster.workers[0].port] {
                    let refused = try sClient(port, ["-ign_eof"], input: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(refused.contains("alert certificate required"), "\(refused)")
                    let session = "\(cluster.folder)/session-\(port)"
                    let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                    let certificate = ["-cert", "\(node).pem", "-key", "\(node).key"]
                    let arguments = certificate + ["-ign_eof", "-sess_out", session]
                    #expect(try sClient(port, arguments, input: request).contains("HTTP/1.1 4"))
                    #expect(Files.bytes(session).isEmpty, "a session to resume was given out")
                }
            }

            @Test func `A client resumes its session on any loop and after a takeover`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let session = "\(cluster.folder)/session"
                // The ticket follows the handshake. After a whole request it has certainly arrived.
                let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                _ = try sClient(cluster.publicPort, ["-sess_out", session, "-ign_eof"], input: request)
                let again = try sClient(cluster.publicPort, ["-sess_in", session, "-ign_eof"], input: request)
                #expect(again.contains("Reused, TLSv1.3"), "\(again)")
                _ = try sClient(cluster.publicPort, ["-tls1_2", "-ign_eof"], input: request)
                let samples = try PrometheusText(cluster.admin("/metrics")).samples
                for (labels, count) in [
                    (#"version="1.3",kind="full""#, 1.0), (#"version="1.3",kind="resumed""#, 1),
                    (#"version="1.2",kind="full""#, 1), (#"version="1.2",kind="resumed""#, 0),
                ] {
                    #expect(samples["understudy_handshakes_total{\(labels)}"] == count, "\(labels)")
                }
                cluster.balancer?.end()
                try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 }
                let after = try sClient(cluster.publicPort, ["-sess_in", session, "-ign_eof"], input: request)
                #expect(after.contains("Reused, TLSv1.3"), "\(after)")
            }
        }
    }
#endif
