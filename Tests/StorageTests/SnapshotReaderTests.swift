import Cluster
import TestSupport
import Testing

@testable import Storage

@Suite struct SnapshotReaderTests {
    private func text(epoch: Int, version: Int) -> String {
        #"{"epoch":\#(epoch),"version":\#(version),"workers":[]}"#
    }

    @Test func `The latest copy counts, changed files are read again, damaged and removed ones are skipped`() throws {
        let folder = try TemporaryFolder()
        let reader = SnapshotReader(directory: try StateDirectory(path: folder.path))
        #expect(reader.latest() == nil)
        try folder.write(text(epoch: 2, version: 9), to: "snapshot-a.json")
        try folder.write(text(epoch: 3, version: 1), to: "snapshot-b.json")
        #expect(reader.latest()?.epoch == Epoch(3))
        for version in 2...20 {
            try folder.write(text(epoch: 3, version: version), to: "snapshot-b.json")
            #expect(reader.latest()?.version == UInt64(version))
        }
        try folder.write("{", to: "snapshot-b.json")
        #expect(reader.latest()?.epoch == Epoch(2))
        try folder.write(text(epoch: 4, version: 1), to: "snapshot-c.json")
        #expect(reader.latest()?.epoch == Epoch(4))
        try folder.write("", to: "snapshot-c.json")
        #expect(reader.latest()?.version == 9)
    }
}
