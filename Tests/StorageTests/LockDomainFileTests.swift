import Cluster
import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct LockDomainFileTests {
    @Test func `A state directory keeps its name, and names are unique`() throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        let domain = try StateDirectory(path: folder.path).lockDomain()
        #expect(try StateDirectory(path: folder.path).lockDomain() == domain)
        #expect(try StateDirectory(path: other.path).lockDomain() != domain)
    }

    @Test func `Processes that start at the same time get one name`() async throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        let domains = try await withThrowingTaskGroup { group in
            for _ in 0..<16 { group.addTask { try directory.lockDomain() } }
            return try await group.reduce(into: Set<LockDomain>()) { $0.insert($1) }
        }
        #expect(domains.count == 1)
    }

    @Test(arguments: ["", "h1", "h1 m1", "h1\n", "h1 m2\n", "H1 m1\n", "h1 m1 x\n"])
    func `An incomplete line, or a line of another machine, is invalid`(text: String) {
        #expect(LockDomainFile.lockDomain(in: text, on: "m1") == nil)
        #expect(LockDomainFile.lockDomain(in: "h1 m1\n", on: "m1")?.text == "h1")
    }

    /// Each container may have a machine id of its own.
    @Test func `Containers of one kernel get one name, and another machine gets another name`() throws {
        let folder = try TemporaryFolder()
        let files = try StateDirectory(path: folder.path).files
        let home = try LockDomainFile.read(in: files, machine: "m1", boot: "b1")
        #expect(try LockDomainFile.read(in: files, machine: "m2", boot: "b1") == home)
        // The machine that made the name starts again.
        #expect(try LockDomainFile.read(in: files, machine: "m1", boot: "b2") == home)
        #expect(try LockDomainFile.read(in: files, machine: "m2", boot: "b2") == home)
        let copied = try LockDomainFile.read(in: files, machine: "m2", boot: "b3")
        #expect(copied != home)
        #expect(try LockDomainFile.read(in: files, machine: "m2", boot: "") == copied)
        #expect(try LockDomainFile.read(in: files, machine: "m1", boot: "") != copied)
    }

    @Test func `A longer earlier line leaves no rest`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/home"
        try Data(String(repeating: "x", count: 500).utf8).write(to: URL(fileURLWithPath: path))
        let directory = try StateDirectory(path: folder.path)
        let domain = try directory.lockDomain()
        #expect(try directory.lockDomain() == domain)
    }
}
