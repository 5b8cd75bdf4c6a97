import Sockets
import TestSupport
import Testing

@testable import Storage

@Suite struct TakeoverRecordTests {
    @Test func `Each successor continues the count`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        #expect(TakeoverRecord.load(from: directory) == TakeoverRecord())
        for _ in 0..<12 {
            var record = TakeoverRecord.load(from: directory)
            record.add(isReplacement: false, nanoseconds: 7_000_000)
            try record.save(in: directory)
        }
        var record = TakeoverRecord.load(from: directory)
        record.add(isReplacement: true, nanoseconds: 5)
        try record.save(in: directory)
        // A shorter text than before leaves nothing of the longer one.
        let last = TakeoverRecord.load(from: directory)
        #expect(last == record)
        #expect(last.standby == 12 && last.replacement == 1 && last.lastNanoseconds == 5)
    }

    @Test func `A damaged file begins the count anew`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        try directory.files.overwrite(StateDirectory.Name.takeovers, with: Array("{\"standby\":3".utf8))
        #expect(TakeoverRecord.load(from: directory) == TakeoverRecord())
    }
}
