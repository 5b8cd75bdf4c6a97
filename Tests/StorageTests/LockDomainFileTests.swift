import Cluster
import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct LockDomainFileTests {
    @Test func `A state directory keeps its name, and names are unique`() throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        let home = try StateDirectory(path: folder.path).home()
        #expect(try StateDirectory(path: folder.path).home() == home)
        #expect(try StateDirectory(path: other.path).home() != home)
    }

    @Test func `Processes that start at the same time get one name`() async throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path)
        let homes = try await withThrowingTaskGroup { group in
            for _ in 0..<16 { group.addTask { try directory.home() } }
            return try await group.reduce(into: Set<LockDomain>()) { $0.insert($1) }
        }
        #expect(homes.count == 1)
    }

    @Test(arguments: ["", "h1", "h1 m1", "h1\n", "h1 m2\n", "H1 m1\n", "h1 m1 x\n"])
    func `An incomplete line, or a line of another machine, is invalid`(text: String) {
        #expect(LockDomainFile.home(in: text, on: "m1") == nil)
        #expect(LockDomainFile.home(in: "h1 m1\n", on: "m1")?.text == "h1")
    }

    @Test func `A longer earlier line leaves no rest`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/home"
        try Data(String(repeating: "x", count: 500).utf8).write(to: URL(fileURLWithPath: path))
        let directory = try StateDirectory(path: folder.path)
        let home = try directory.home()
        #expect(try directory.home() == home)
    }
}
