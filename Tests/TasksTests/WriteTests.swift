import Connections
import Foundation
import TestSupport
import Testing

@testable import Tasks

/// Tests of `POST /write`.
@Suite(.timeLimit(.minutes(5))) struct WriteTests {
    @Test func appendsLinesAndTellsHowMuch() throws {
        let server = try TaskServer()
        let client = try server.client()
        let first = try client.exchange("POST", "/write", body: "first")
        #expect(first.status == 201)
        #expect(first.text == "{\"bytes\": 6}\n")
        #expect(first.fields["content-type"] == "application/json")
        #expect(first.fields["date"] != nil)
        #expect(server.content == "first\n")
        #expect(try client.exchange("POST", "/write", body: "second\n").status == 201)
        #expect(try client.exchange("POST", "/write", body: "third\r\n").status == 201)
        #expect(try client.exchange("POST", "/write", body: "\u{1F469}\u{200D}\u{1F469} \t").status == 201)
        #expect(server.content == "first\nsecond\nthird\n\u{1F469}\u{200D}\u{1F469} \t\n")
    }

    @Test(arguments: ["", "\n", "\r\n", "a\nb", "a\n\n", "a\rb", "a\r", "a\u{0}b", "\r\r\n", "\n\n"])
    func refusesMoreThanOneLine(_ body: String) throws {
        let server = try TaskServer()
        let client = try server.client()
        let response = try client.exchange("POST", "/write", body: body)
        #expect(response.status == 400)
        #expect(response.text.contains("must be one line"))
        #expect(server.content == nil)
        #expect(try client.exchange("POST", "/write", body: "ok").status == 201)
    }

    @Test func refusesNoContentAtAll() throws {
        let server = try TaskServer()
        #expect(try server.client().exchange("POST", "/write").status == 400)
    }

    @Test(arguments: [false, true])
    func takesLinesUpToTheLimit(isChunked: Bool) throws {
        let server = try TaskServer()
        let client = try server.client()
        func post(_ body: String) throws -> RawResponse {
            guard isChunked else { return try client.exchange("POST", "/write", body: body) }
            let size = String(body.utf8.count, radix: 16)
            try client.send(RawClient.request("POST", "/write", fields: "Transfer-Encoding: chunked\r\n"))
            try client.send("\(size)\r\n\(body)\r\n0\r\n\r\n")
            return try client.receiveResponse()
        }
        let longest = String(repeating: "x", count: 65_536)
        #expect(try post(longest).text == "{\"bytes\": 65537}\n")
        let refused = try post(longest + "\n")
        #expect(refused.status == 413)
        #expect(refused.text.contains("a line has at most 65536 bytes"))
        #expect(try post("short").status == 201)
        #expect(server.content == longest + "\nshort\n")
        #expect(server.heldBytes == 0)
    }

    @Test func asksForContentOnlyWhenItMayBeGood() throws {
        let server = try TaskServer()
        let client = try server.client()
        let expect = "Expect: 100-continue\r\n"
        try client.send("POST /write HTTP/1.1\r\nHost: test\r\n\(expect)Content-Length: 4\r\n\r\n")
        #expect(try client.receiveResponse().status == 100)
        try client.send("line")
        #expect(try client.receiveResponse().status == 201)
        try client.send("POST /write HTTP/1.1\r\nHost: test\r\n\(expect)Content-Length: 65537\r\n\r\n")
        #expect(try client.receiveResponse().status == 413)
    }

    /// Another process may have crashed in the middle of a line, or a person may have edited the file.
    @Test func beginsANewLineBehindAHalfOne() throws {
        let server = try TaskServer()
        server.put("whole\nhalf")
        #expect(try server.client().exchange("POST", "/write", body: "next").text == "{\"bytes\": 5}\n")
        #expect(server.content == "whole\nhalf\nnext\n")
    }

    @Test func continuesAfterTheFileWasMoved() throws {
        let server = try TaskServer()
        let client = try server.client()
        #expect(try client.exchange("POST", "/write", body: "old").status == 201)
        try FileManager.default.moveItem(atPath: server.folder.file(), toPath: server.folder.file("old.txt"))
        #expect(try client.exchange("POST", "/write", body: "new").status == 201)
        #expect(server.content == "new\n")
    }

    @Test func saysWhenItCannotWrite() throws {
        let server = try TaskServer()
        try FileManager.default.createDirectory(atPath: server.folder.file(), withIntermediateDirectories: false)
        let client = try server.client()
        let response = try client.exchange("POST", "/write", body: "line")
        #expect(response.status == 500)
        #expect(response.text == "{\"error\": \"the shared file: Is a directory\"}\n")
        #expect(try client.exchange("GET", "/read").status == 500)
        #expect(server.heldBytes == 0)
    }

    @Test func refusesOnceItIsShutDown() throws {
        let server = try TaskServer()
        server.files.shutdown()
        let client = try server.client()
        for (method, target) in [("POST", "/write"), ("GET", "/read")] {
            let response = try client.exchange(method, target, body: "line")
            #expect(response.status == 503)
            #expect(response.fields["retry-after"] == "1")
        }
        let long = String(repeating: "x", count: 20_000)
        #expect(try client.exchange("POST", "/reverse", body: long).status == 503)
        #expect(try client.exchange("POST", "/reverse", body: "ab").text == "ba")
        #expect(server.heldBytes == 0)
    }

    @Test func keepsLinesWholeFromManyClients() throws {
        let server = try TaskServer()
        let clients = try (0..<8).map { _ in try server.client() }
        for (number, client) in clients.enumerated() {
            let requests = (0..<50).map { line in
                RawClient.request(
                    "POST", "/write", body: "\(number)-\(line)-" + String(repeating: "x", count: line * 40))
            }
            try client.send(requests.joined())
        }
        for client in clients {
            for _ in 0..<50 { #expect(try client.receiveResponse().status == 201) }
        }
        let lines = (server.content ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 401)
        for number in 0..<8 {
            // The lines of one connection are in order.
            let own = lines.filter { $0.hasPrefix("\(number)-") }
            let expected = (0..<50).map { "\(number)-\($0)-" + String(repeating: "x", count: $0 * 40) }
            #expect(own.map(String.init) == expected)
        }
    }
}
