import Testing

@testable import ControlPlane

/// The reason that a worker gives in the answer to a probe.
@Suite struct ProbeReasonTests {
    private func problem(_ body: [UInt8]) -> String {
        ControlClient.Reply(status: 503, body: body, node: nil).problem
    }

    @Test func theFirstLineIsTheReason() {
        #expect(problem(Array("the application hangs\nmore\n".utf8)) == "status 503: the application hangs")
        #expect(problem([]) == "status 503")
        #expect(problem(Array("\nmore".utf8)) == "status 503")
    }

    @Test func aLongReasonIsCut() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        #expect(problem(long) == "status 503: " + String(repeating: "x", count: 300))
        // The cut may split a character.
        #expect(problem(Array(String(repeating: "\u{20ac}", count: 200).utf8)).utf8.count <= 320)
        #expect(problem([0xFF, 0xFE]) == "status 503: \u{FFFD}\u{FFFD}")
    }
}
