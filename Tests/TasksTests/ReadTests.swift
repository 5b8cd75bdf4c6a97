import Connections
import Foundation
import TestSupport
import Testing

@testable import Tasks

/// Tests of `GET /read`.
@Suite(.timeLimit(.minutes(5))) struct ReadTests {
    @Test func givesTheFile() throws {
        let server = try TaskServer()
        server.put("one\ntwo\n")
        let response = try server.client().exchange("GET", "/read")
        #expect(response.status == 200)
        #expect(response.text == "one\ntwo\n")
        #expect(response.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(response.fields["content-length"] == "8")
        #expect(response.fields["date"] != nil)
    }

    @Test(arguments: ["/read", "/read?tail=3", "/read?tail=0"])
    func aMissingFileIsEmpty(_ target: String) throws {
        let server = try TaskServer()
        let client = try server.client()
        for method in ["GET", "HEAD"] {
            let response = try client.exchange(method, target)
            #expect(response.status == 200)
            #expect(response.fields["content-length"] == "0")
        }
        server.put("")
        #expect(try client.exchange("GET", target).fields["content-length"] == "0")
    }

    @Test(arguments: [
        (0, ""), (1, "c\n"), (2, "\nc\n"), (3, "b\n\nc\n"), (4, "a\nb\n\nc\n"), (5, "a\nb\n\nc\n"),
        (1_000_000, "a\nb\n\nc\n"),
    ])
    func givesTheLastLines(_ count: Int, _ expected: String) throws {
        let server = try TaskServer()
        server.put("a\nb\n\nc\n")
        let response = try server.client().exchange("GET", "/read?tail=\(count)")
        #expect(response.text == expected)
        #expect(response.fields["content-length"] == "\(expected.utf8.count)")
    }

    @Test(arguments: [("a\nb", 1, "b"), ("a\nb", 2, "a\nb"), ("\n", 1, "\n"), ("\n\n", 1, "\n"), ("x", 1, "x")])
    func countsALastLineWithoutItsEnd(_ content: String, _ count: Int, _ expected: String) throws {
        let server = try TaskServer()
        server.put(content)
        #expect(try server.client().exchange("GET", "/read?tail=\(count)").text == expected)
    }

    @Test func findsLinesOverManyBlocks() throws {
        let server = try TaskServer()
        // Line ends lie on and near the borders of the blocks that the search reads.
        let lines = (0..<40_000).map { String(repeating: "x", count: $0 % 13) + "\n" }
        server.put(lines.joined())
        let client = try server.client()
        for count in [1, 2, 9_999, 10_000, 10_001, 39_999, 40_000, 40_001] {
            #expect(try client.exchange("GET", "/read?tail=\(count)").text == lines.suffix(count).joined())
        }
    }

    /// The search runs in steps, so that other readers get their turn. In this test, each step is one block.
    @Test func searchesInSteps() throws {
        let folder = TemporaryFolder()
        let content = String(repeating: "0123456789abcde\n", count: 20_000)
        #expect(FileManager.default.createFile(atPath: folder.file(), contents: Data(content.utf8)))
        let permit = try #require(ReadPermit.Limiter(limit: 1).issue())
        let file = try #require(try FileReader.open(path: folder.file(), permit: permit))
        var scan = TailScan(of: file, lines: 10_000)
        var steps = 1
        var found = try scan.step(limit: 1)
        while found == nil {
            steps += 1
            found = try scan.step(limit: 1)
        }
        #expect(found == 160_000)
        #expect(steps == 3)
    }

    @Test func streamsALargeFileToASlowReader() throws {
        let server = try TaskServer()
        let line = String(repeating: "y", count: 1_023) + "\n"
        let content = String(repeating: line, count: 64 << 10)
        server.put(content)
        let client = try server.client(receiveBuffer: 8 << 10)
        try client.send(RawClient.request("GET", "/read"))
        let head = try client.receiveHead()
        #expect(head.fields["content-length"] == "\(64 << 20)")
        // The server serves another client while this client is slow.
        #expect(try server.client().exchange("GET", "/read?tail=1").text == line)
        let block = Array(String(repeating: line, count: 256).utf8)
        for _ in 0..<256 { #expect(try client.receive(count: block.count) == block && server.isOutputBounded) }
        #expect(try client.exchange("GET", "/").status == 200)
        #expect(server.files.permits.count == 0)
    }

    @Test func endsTheConnectionWhenTheFileIsCut() throws {
        let server = try TaskServer()
        server.put(String(repeating: "z", count: 32 << 20))
        let client = try server.client(receiveBuffer: 8 << 10)
        try client.send(RawClient.request("GET", "/read"))
        let head = try client.receiveHead()
        #expect(head.status == 200)
        #expect(truncate(server.folder.file(), 1 << 20) == 0)
        // A reset may discard the last bytes. In both cases, fewer bytes arrive than the head announced.
        var received = client.buffer.count
        client.buffer = []
        while (try? client.receiveMore(atMost: 1 << 20)) == true {
            received += client.buffer.count
            client.buffer = []
        }
        #expect(received < 32 << 20)
        #expect(server.test.losesAllConnections())
        #expect(server.files.permits.count == 0)
    }

    @Test func givesTheFileAsItWasWhenAsked() throws {
        let server = try TaskServer()
        let before = String(repeating: "w", count: (8 << 20) - 1) + "\n"
        server.put(before)
        let client = try server.client(receiveBuffer: 8 << 10)
        try client.send(RawClient.request("GET", "/read"))
        let head = try client.receiveHead()
        #expect(head.fields["content-length"] == "\(8 << 20)")
        #expect(try server.client().exchange("POST", "/write", body: "later").status == 201)
        #expect(try client.receive(count: 8 << 20) == Array(before.utf8))
        #expect(try client.exchange("GET", "/read?tail=1").text == "later\n")
    }

    @Test func refusesMoreReadersThanItHasFilesFor() throws {
        let server = try TaskServer()
        server.put("x\n")
        let permits = (0..<SharedFile.maximumReaders).map { _ in server.files.permits.issue() }
        #expect(permits.allSatisfy { $0 != nil })
        let client = try server.client()
        let response = try client.exchange("GET", "/read")
        #expect(response.status == 503)
        #expect(response.fields["retry-after"] == "1")
        withExtendedLifetime(permits) {}
    }

    @Test func readsAgainWhenReadersHaveGone() throws {
        let server = try TaskServer()
        server.put(String(repeating: "v", count: 32 << 20))
        for _ in 0..<4 {
            let client = try server.client(receiveBuffer: 8 << 10)
            try client.send(RawClient.request("GET", "/read"))
            _ = try client.receiveHead()
            client.reset()
        }
        #expect(server.test.losesAllConnections())
        let files = server.files
        #expect(server.test.thread.eventually { files.permits.count == 0 })
    }
}
