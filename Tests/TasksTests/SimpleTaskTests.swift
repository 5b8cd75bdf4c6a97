import Connections
import HTTP
import TestSupport
import Testing

@testable import Tasks

/// Tests of immediate responses and rejected requests.
@Suite(.timeLimit(.minutes(5))) struct SimpleTaskTests {
    @Test func namesTheWorker() throws {
        let server = try TaskServer()
        let response = try server.client().exchange("GET", "/")
        #expect(response.status == 200)
        #expect(response.text == "worker-8001\n")
        #expect(response.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(response.fields["date"]?.hasSuffix(" GMT") == true)
    }

    @Test(arguments: ["/?", "/?x=1&tail=no", "http://test", "http://test/", "http://test?x"])
    func ignoresAQueryAndTakesAbsoluteForms(_ target: String) throws {
        let server = try TaskServer()
        #expect(try server.client().exchange("GET", target).text == "worker-8001\n")
    }

    @Test func isHealthyUntilItStops() throws {
        let server = try TaskServer()
        let client = try server.client()
        // The response to the first request shows that the server has also read the first part of the second request.
        try client.send(RawClient.request("GET", "/health") + "GET /health HTTP/1.1\r\n")
        let before = try client.receiveResponse()
        #expect(before.status == 200)
        #expect(before.text == "ok\n")
        server.test.onLoop { $0.drain() }
        try client.send("Host: test\r\n\r\n")
        let after = try client.receiveResponse()
        #expect(after.status == 503)
        #expect(after.text == "{\"error\": \"this worker is stopping\"}\n")
        #expect(after.fields["connection"] == "close")
    }

    @Test(arguments: ["/", "/health", "/read", "/read?tail=1", "/bytes/1073741824", "/bytes/0"])
    func answersHeadLikeGetWithoutContent(_ target: String) throws {
        let server = try TaskServer()
        server.put("one\ntwo\n")
        let client = try server.client()
        let head = try client.exchange("HEAD", target)
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.fields["date"] != nil)
        let lengths = [
            "/": "12", "/health": "3", "/read": "8", "/read?tail=1": "4", "/bytes/1073741824": "1073741824",
            "/bytes/0": "0",
        ]
        #expect(head.fields["content-length"] == lengths[target])
        // The connection is in step: no content followed the head.
        #expect(try client.exchange("GET", "/").text == "worker-8001\n")
    }

    @Test(arguments: ["/x", "/bytes", "/write/", "/readx", "//", "/health/1", "/%72ead", "/index.html?x=/read"])
    func knowsNoOtherPath(_ target: String) throws {
        let server = try TaskServer()
        let response = try server.client().exchange("GET", target)
        #expect(response.status == 404)
        #expect(response.text.hasPrefix("{\"error\": \"unknown path"))
        #expect(response.fields["content-type"] == "application/json")
    }

    @Test(arguments: [
        ("POST", "/", "GET, HEAD"), ("DELETE", "/health", "GET, HEAD"), ("PUT", "/read", "GET, HEAD"),
        ("OPTIONS", "/bytes/1", "GET, HEAD"), ("OPTIONS", "*", "GET, HEAD"), ("BREW", "/bytes/x", "GET, HEAD"),
        ("GET", "/write", "POST"), ("PUT", "/write", "POST"), ("HEAD", "/reverse", "POST"), ("GET", "/echo", "POST"),
    ])
    func listsTheMethodsOfAPath(_ method: String, _ target: String, _ allowed: String) throws {
        let server = try TaskServer()
        let client = try server.client()
        let response = try client.exchange(method, target)
        #expect(response.status == 405)
        #expect(response.fields["allow"] == allowed)
        #expect(response.fields["date"] != nil)
        if method != "HEAD" { #expect(response.text.contains("takes \(allowed)")) }
        #expect(try client.exchange("GET", "/").status == 200)
    }

    @Test(arguments: [
        ("GET", "/read?tail=", "tail must be a whole number from 0 to 1000000, given once"),
        ("GET", "/read?tail", "tail must be"), ("GET", "/read?tail=-1", "tail must be"),
        ("GET", "/read?tail=1000001", "tail must be"), ("GET", "/read?tail=99999999999999999999999", "tail must be"),
        ("GET", "/read?tail=1&tail=1", "given once"), ("GET", "/read?x&tail=1&y&tail=", "given once"),
        ("GET", "/read?tail=%3", "tail must be"), ("GET", "/read?tail=%", "tail must be"),
        ("GET", "/read?tail=%3a", "tail must be"), ("GET", "/read?tail=%41", "tail must be"),
        ("GET", "/read?tail=+1", "tail must be"), ("GET", "/read?tail=1=1", "tail must be"),
        ("POST", "/reverse?delay_ms=60001", "delay_ms must be a whole number from 0 to 60000, given once"),
        ("POST", "/reverse?delay_ms=x", "delay_ms must be"), ("POST", "/reverse?delay_ms=1.5", "delay_ms must be"),
        ("GET", "/bytes/", "/bytes/N takes a whole number from 0 to 1073741824"),
        ("GET", "/bytes/1073741825", "/bytes/N takes"), ("GET", "/bytes/x", "/bytes/N takes"),
        ("GET", "/bytes/1/2", "/bytes/N takes"), ("GET", "/bytes/%31", "/bytes/N takes"),
        ("GET", "/bytes/18446744073709551617", "/bytes/N takes"),
    ])
    func namesTheAllowedValuesOfAParameter(_ method: String, _ target: String, _ message: String) throws {
        let server = try TaskServer()
        let client = try server.client()
        let response = try client.exchange(method, target, body: method == "POST" ? "x" : nil)
        #expect(response.status == 400)
        #expect(response.text.contains(message))
        #expect(try client.exchange("GET", "/").status == 200)
    }

    @Test(arguments: [
        ("/read?tail=%31", TaskRequest.read(tailLines: 1)), ("/read?tail=00%307", .read(tailLines: 7)),
        ("/read?tai=x&tail=1000000&Tail=x&&=&a=b=c", .read(tailLines: 1_000_000)), ("/read", .read(tailLines: nil)),
        ("/read?", .read(tailLines: nil)), ("/bytes/1073741824?x", .bytes(count: 1 << 30)),
        ("/bytes/007", .bytes(count: 7)),
    ])
    func readsParameters(_ path: String, _ expected: TaskRequest) throws {
        let request = try Array(path.utf8).withUnsafeBufferPointer { try TaskRequest(method: .get, path: $0) }
        #expect(request == expected)
    }

    @Test func answersPipelinedTasksInTheirOrder() throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.send(
            RawClient.request("POST", "/reverse?delay_ms=30", body: "abc")
                + RawClient.request("GET", "/bytes/200000") + RawClient.request("POST", "/write", body: "line\n")
                + RawClient.request("GET", "/read") + RawClient.request("HEAD", "/read")
                + RawClient.request("POST", "/echo", body: "echo") + RawClient.request("GET", "/nowhere")
                + RawClient.request("GET", "/"))
        #expect(try client.receiveResponse().text == "cba")
        #expect(try client.receiveResponse().body.count == 200_000)
        #expect(try client.receiveResponse().status == 201)
        #expect(try client.receiveResponse().text == "line\n")
        #expect(try client.receiveResponse(to: "HEAD").fields["content-length"] == "5")
        #expect(try client.receiveResponse().text == "echo")
        #expect(try client.receiveResponse().status == 404)
        #expect(try client.receiveResponse().text == "worker-8001\n")
    }

    @Test func takesRequestsByteByByte() throws {
        let server = try TaskServer()
        let client = try server.client()
        try client.sendByteByByte(RawClient.request("POST", "/write", body: "one by one"))
        #expect(try client.receiveResponse().text == "{\"bytes\": 11}\n")
        try client.sendByteByByte(RawClient.request("POST", "/reverse?delay_ms=1", body: "a\u{301}b"))
        #expect(try client.receiveResponse().text == "ba\u{301}")
        try client.sendByteByByte(
            RawClient.request("POST", "/echo", fields: "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n")
        #expect(try client.receiveResponse().text == "abc")
        try client.sendByteByByte(RawClient.request("GET", "/read?tail=1"))
        #expect(try client.receiveResponse().text == "one by one\n")
    }

    /// Content in a GET request has no meaning. Such content must not put the connection out of step.
    @Test func dropsContentThatNoTaskWants() throws {
        let server = try TaskServer()
        server.put("x\n")
        let client = try server.client()
        for target in ["/", "/read", "/bytes/10", "/nowhere"] {
            #expect(try client.exchange("GET", target, body: "GET / HTTP/1.1\r\n\r\n").status != 400)
        }
        #expect(try client.exchange("GET", "/").text == "worker-8001\n")
    }
}
