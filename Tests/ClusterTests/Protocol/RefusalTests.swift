import Cluster
import Foundation
import Testing

@Suite struct RefusalTests {
    static let all: [Refusal] = [
        .identityMismatch, .wrongRole, .wrongCluster, .olderIncarnation, .laterStartKnown(7), .nameTaken,
        .tooManyWorkers, .busy,
        .unreachable("a"), .answeredBySomebodyElse("b"), .hostNotInCertificate, .unhealthy("c"), .reservedPort,
        .expired,
        .steppingDown, .laterReignMet, .clusterEnding, .invalid("d"),
    ]

    @Test(arguments: all)
    func everyRefusalHasOneLine(refusal: Refusal) throws {
        #expect([400, 403, 409, 429, 503].contains(refusal.status))
        #expect(refusal.message.count > 20)
        #expect(!refusal.message.contains("\n"))
        let json = try JSONEncoder().encode(refusal)
        #expect(try JSONDecoder().decode(Refusal.self, from: json) == refusal)
        #expect(Refusal(code: refusal.code, detail: refusal.detail) == refusal)
    }

    @Test func noTwoShareACode() {
        #expect(Set(Self.all.map(\.code)).count == Self.all.count)
        #expect(Set(Self.all.map(\.message)).count == Self.all.count)
    }

    @Test func theFormOnTheWire() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode([Refusal.nameTaken, .unreachable("timed out")])
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"[{"code":"name_taken"},{"code":"unreachable","detail":"timed out"}]"#)
    }

    @Test func aNewerPeersCodeIsNotFatal() throws {
        let json = Data(#"{"code":"moon_phase"}"#.utf8)
        #expect(try JSONDecoder().decode(Refusal.self, from: json) == .invalid("moon_phase"))
        #expect(Refusal(code: "moon_phase", detail: nil) == nil)
        #expect(Refusal(code: "busy", detail: nil) == .busy)
    }

    @Test(arguments: [
        (Refusal.identityMismatch, UInt16(403)), (.olderIncarnation, 409), (.laterStartKnown(7), 409),
        (.nameTaken, 409),
        (.reservedPort, 400),
        (.tooManyWorkers, 429), (.steppingDown, 503),
    ])
    func theStatusOfTheProtocol(refusal: Refusal, status: UInt16) {
        #expect(refusal.status == status)
    }
}
