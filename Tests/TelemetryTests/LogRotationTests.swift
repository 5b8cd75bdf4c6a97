import Foundation
import Sockets
import TestSupport
import Testing

@testable import Storage
@testable import Telemetry

@Suite struct LogRotationTests {
    private let folder: TemporaryFolder
    private let directory: SafeDirectory

    init() throws {
        folder = try TemporaryFolder()
        directory = try SafePath.open(folder.path)
    }

    private func text(_ name: String) -> String {
        directory.read(name).map { String(decoding: $0, as: UTF8.self) } ?? "none"
    }

    private func put(_ text: String, to file: borrowing FileDescriptor) {
        var output = LineOutput(descriptor: file.rawValue)
        #expect(output.write(Array(text.utf8)) == 0)
    }

    @Test func `A full log is renamed once, and all processes continue in the new one`() throws {
        let first = try directory.open(LogRotation.fileName, .appendOrMake)
        let second = try directory.open(LogRotation.fileName, .appendOrMake)
        let mine = try #require(LogRotation(in: directory, descriptor: first.rawValue, maximumBytes: 10))
        let theirs = try #require(LogRotation(in: directory, descriptor: second.rawValue, maximumBytes: 10))
        for (number, expected) in [("1", "none"), ("2", "first 1\nother 1\n"), ("3", "first 2\nother 2\n")] {
            mine.makeRoom()
            put("first \(number)\n", to: first)
            theirs.makeRoom()
            put("other \(number)\n", to: second)
            #expect(text(LogRotation.olderFileName) == expected)
            #expect(text(LogRotation.fileName) == "first \(number)\nother \(number)\n")
        }
    }

    @Test func `After a log was moved, a new one is created`() throws {
        let file = try directory.open(LogRotation.fileName, .appendOrMake)
        let rotation = try #require(LogRotation(in: directory, descriptor: file.rawValue))
        put("before\n", to: file)
        try directory.rename(LogRotation.fileName, to: "moved")
        rotation.makeRoom()
        put("after\n", to: file)
        #expect(text("moved") == "before\n" && text(LogRotation.fileName) == "after\n")
    }

    @Test func `Another file is left alone`() throws {
        let file = try directory.open("another", .appendOrMake)
        #expect(LogRotation(in: directory, descriptor: file.rawValue) == nil)
        let link = try directory.open(LogRotation.fileName, .appendOrMake)
        #expect(LogRotation(in: directory, descriptor: link.rawValue) != nil)
    }
}
