import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5))) struct PIDNamespaceTests {
    @Test(
        "A process takes its own end for the end of its container only if nothing else keeps the container alive",
        arguments: [
            // Parent, whether the namespace is the machine's first one, whether systemd runs, and the answer.
            (Int32(0), false, false, true), (0, false, true, true), (1, false, false, true), (1, false, true, false),
            (7, false, false, false), (7, false, true, false), (0, true, false, false), (1, true, true, false),
        ])
    func endOfContainer(parent: Int32, isInitial: Bool, systemdRuns: Bool, ends: Bool) {
        let namespace = isInitial ? PIDNamespace.initial : 4_026_532_345
        #expect(PIDNamespace.ends(withChildOf: parent, inNamespace: namespace, systemdRuns: systemdRuns) == ends)
    }
}
