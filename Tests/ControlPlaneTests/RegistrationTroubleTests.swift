import Connections
import Sockets
import Testing

@testable import ControlPlane
@testable import Settings

/// The log line of a worker about a registration without an answer.
@Suite struct RegistrationTroubleTests {
    private static let configuration = BalancerConfiguration(
        host: "0.0.0.0", port: 8000, clusterPort: 7000, adminPort: 9000, threads: 1, logLevel: "info",
        insecureBind: false)

    private func text(
        _ failure: UpstreamFailure, port: UInt16, name: ResolvedName? = nil, isKnown: Bool = true
    ) throws -> String {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
        let destination = name.map { Destination.name($0) } ?? .address(address)
        return RegistrationTrouble.text(
            of: failure, at: UpstreamEndpoint(destination, expectation: .anybody),
            configuration: isKnown ? RegistrationTroubleTests.configuration : nil,
            certificate: "worker.pem (spiffe://c/worker/w, serial 0A)", command: "certs/make-certs node w")
    }

    @Test func `An address that can't be reached is named`() throws {
        #expect(
            try text(.refused, port: 7000)
                == "the balancer at 127.0.0.1:7000 can't be reached: connection refused: trying again")
        #expect(
            try text(
                .connectTimedOut, port: 7000, name: ResolvedName("lb.test", port: 7000, resolver: try Resolver()))
                == "the balancer at lb.test:7000 can't be reached: no connection in time: trying again")
    }

    @Test func `The balancer's other ports are named`() throws {
        let unusable = UpstreamFailure.otherNode(.unusable("no usage"))
        let noTLS = UpstreamFailure.handshake(.secure(.other, message: "wrong version number"))
        let cure = "give --balancer the cluster port, 7000"
        #expect(try text(unusable, port: 8000).hasSuffix(": this is the balancer's public port; \(cure)"))
        #expect(try text(noTLS, port: 9000).hasSuffix(": this is the balancer's admin port; \(cure)"))
        #expect(try text(.refused, port: 9000).hasSuffix(cure))
        // On another host the answer is the only sign.
        #expect(try text(unusable, port: 8443, isKnown: false).contains(": a balancer's public port answers like this"))
        #expect(try text(noTLS, port: 9001, isKnown: false).contains(": a balancer's admin port answers like this"))
        #expect(RegistrationTrouble.portHint(7000, RegistrationTroubleTests.configuration) == nil)
        #expect(RegistrationTrouble.portHint(8000, nil) == nil)
    }

    @Test func `A refused certificate is named with its serial number and the cure`() throws {
        let alerts = [
            ("sslv3 alert certificate revoked", "'certs/make-certs node w --force'"),
            ("sslv3 alert certificate expired", "renew it with 'certs/make-certs node w'"),
            ("tlsv1 alert unknown ca", "another CA"), ("sslv3 alert bad certificate", "bad certificate"),
        ]
        for (alert, says) in alerts {
            let text = try text(.handshake(.secure(.alert, message: "the peer refused: \(alert)")), port: 7000)
            let name = "worker.pem (spiffe://c/worker/w, serial 0A): "
            #expect(text.hasPrefix("the balancer at 127.0.0.1:7000 refuses \(name)"))
            #expect(text.contains(alert) && text.contains(says))
        }
    }

    @Test func `A text is news once, then once a minute`() {
        var trouble = RegistrationTrouble()
        let second: UInt64 = 1_000_000_000
        let lines = (0..<130).filter { trouble.isNews("refused", now: UInt64($0) * second) }
        #expect(lines == [0, 60, 120])
        let other = trouble.isNews("unreachable", now: 130 * second)
        #expect(other)
        trouble.end()
        let again = trouble.isNews("unreachable", now: 131 * second)
        #expect(again)
    }
}
