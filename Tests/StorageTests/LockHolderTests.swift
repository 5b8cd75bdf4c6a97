import Sockets
import TestSupport
import Testing

@testable import Storage

/// A reader believes the process number in the lock file only if both have the same PID namespace and kernel start.
@Suite struct LockHolderTests {
    private let reader = LockHolder(process: 9, namespace: 4_026_532_345, boot: "b1")

    private func name(_ process: Int32, _ namespace: UInt64?, _ boot: String) -> String {
        LockHolder.name(in: LockHolder(process: process, namespace: namespace, boot: boot).text, to: reader)
    }

    @Test func `A process of the reader's namespace has its number, and no other process has one`() {
        #expect(name(7, 4_026_532_345, "b1") == "process 7")
        #expect(
            name(7, 4_026_532_346, "b1") == "a process of another container in PID namespace 4026532346")
        #expect(name(7, 4_026_532_345, "b2") == "a process of another machine")
        #expect(name(7, nil, "b1") == "another process")
    }

    /// An earlier version reads and writes the first line only.
    @Test func `An earlier version's file proves nothing, and an earlier version finds its line`() {
        #expect(LockHolder.name(in: "7\n", to: reader) == "another process")
        let own = LockHolder(process: 23966, namespace: PIDNamespace.initial, boot: "b1")
        #expect(own.text.split(separator: "\n").first == "23966")
        #expect(LockHolder(own.text) == own)
        // In a container the line is no number, so that nobody on the host kills another process by it.
        let contained = LockHolder(process: 7, namespace: 4_026_532_345, boot: "b1")
        #expect(contained.text.split(separator: "\n").first == "7@4026532345")
        #expect(LockHolder(contained.text) == contained)
    }

    @Test(arguments: [
        "", "\n", "7", "7\n\n", "7\npid_namespace=1 boot=b1", "x\npid_namespace=4026532345 boot=b1\n",
        "7\npid_namespace=4026532345\n", "7\nboot=b1\n", "7\npid_namespace=-1 boot=b1\n", "7\n=\n", "@\n@\n",
    ])
    func `Damaged content proves nothing`(text: String) {
        #expect(LockHolder.name(in: text, to: reader) == "another process")
    }

    @Test func `A later version may add words and lines`() {
        let text = "7@4026532345\nthread=3 pid_namespace=4026532345 boot=b1 more\nanother line\n"
        #expect(LockHolder.name(in: text, to: reader) == "process 7")
    }
}
