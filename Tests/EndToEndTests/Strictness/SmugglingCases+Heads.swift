/// Start lines, hosts and fields that could have another meaning at the next hop.
extension SmugglingCase {
    static let startLines: [SmugglingCase] = [
        SmugglingCase("HTTP/0.9", "GET /smuggled\n", .refused(400)),
        SmugglingCase("HTTP/0.9 with a request behind", "GET /smuggled\n" + hidden, .refused(400)),
        .line("GET / HTTP/0.9", .refused(505)),
        .line("GET / HTTP/2.0", .refused(505)),
        .line("GET / HTTP/1.01", .refused(505)),
        .line("GET / HTTP/1.1 ", .refused(505)),
        .line("GET / http/1.1", .refused(400)),
        .line("GET /  HTTP/1.1", .refused(400)),
        .line("GET  / HTTP/1.1", .refused(400)),
        .line("GET\t/ HTTP/1.1", .refused(400)),
        .line("GET /a b HTTP/1.1", .refused(400)),
        .line("GET /\tb HTTP/1.1", .refused(400)),
        .line(" GET / HTTP/1.1", .refused(400)),
        .line("get / HTTP/1.1", .refused(400)),
        .line("G@T / HTTP/1.1", .refused(400)),
        .line("GET:/ / HTTP/1.1", .refused(400)),
        .line("CONNECT a:443 HTTP/1.1", .refused(501)),
        .line("CONNECT / HTTP/1.1", .refused(501)),
        .line("GET * HTTP/1.1", .refused(400)),
        .line("GET a/b HTTP/1.1", .refused(400)),
        .line("GET /#f HTTP/1.1", .refused(400)),
        .line("GET ftp://a/ HTTP/1.1", .refused(400)),
        .line("GET http:///x HTTP/1.1", .refused(400)),
        .line("GET http://u@a/ HTTP/1.1", .refused(400)),
        .line("GET http://a:99999/ HTTP/1.1", .refused(400)),
        .line("GET http://a\\b/ HTTP/1.1", .refused(400)),
        .line("PURGE /get HTTP/1.1", .served(["PURGE /get", "host: a"])),
        .line("GET /a/../b/%2e%2e//c?d=/../%00 HTTP/1.1", .served(["GET /a/../b/%2e%2e//c?d=/../%00", "host: a"])),
        .line("OPTIONS * HTTP/1.1", .served(["OPTIONS *", "host: a"])),
        // The target's authority replaces Host.
        .line("GET http://b:80/get?x HTTP/1.1", .served(["GET /get?x", "host: b:80"])),
        .line("GET HTTPS://b?x HTTP/1.1", .served(["GET /?x", "host: b"])),
        SmugglingCase("HTTP/1.1 without Host", "GET / HTTP/1.1\n\n", .refused(400)),
        SmugglingCase("two Hosts", "GET / HTTP/1.1\nHost: a\nHost: a\n\n", .refused(400)),
        SmugglingCase("two Hosts, absolute", "GET http://a/ HTTP/1.1\nHost: a\nhost: b\n\n", .refused(400)),
        SmugglingCase("absolute without Host", "GET http://a/ HTTP/1.1\n\n", .refused(400)),
        SmugglingCase("an empty Host", "GET / HTTP/1.1\nHost:\n\n", .refused(400)),
        SmugglingCase("a list of Hosts", "GET / HTTP/1.1\nHost: a, b\n\n", .refused(400)),
        SmugglingCase("a path in Host", "GET / HTTP/1.1\nHost: a/b\n\n", .refused(400)),
        SmugglingCase("a user in Host", "GET / HTTP/1.1\nHost: a@b\n\n", .refused(400)),
        SmugglingCase("space in Host", "GET / HTTP/1.1\nHost: a b\n\n", .refused(400)),
        SmugglingCase("white space before Host's colon", "GET / HTTP/1.1\nHost : a\n\n", .refused(400)),
        SmugglingCase("a folded Host", "GET / HTTP/1.1\nHost:\n a\n\n", .refused(400)),
        SmugglingCase(
            "HTTP/1.0 without Host", "GET /get HTTP/1.0\nConnection: keep-alive\n\n",
            .served(["GET /get", "host: localhost"])),
        SmugglingCase(
            "HTTP/1.0", "GET /get HTTP/1.0\nHost: a\nConnection: keep-alive\n\n", .served(["GET /get", "host: a"])),
    ]

    static let fields: [SmugglingCase] = {
        let plain: Outcome = .served(["GET /get", "host: a"])
        return [
            .get("Connection: Host, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Understudy-Epoch", plain),
            .get(
                "Connection: keep-alive, X-Private\nX-Private: 1\nX-Public: 2",
                .served(["GET /get", "host: a", "X-Public: 2"])),
            .get(
                "Connection: Authorization\nAuthorization: Basic x\nCookie: c=d",
                .served(["GET /get", "host: a", "Cookie: c=d"])),
            .get("Connection: close, ;", .refused(400)),
            .get("Connection: \"x\"", .refused(400)),
            .get("Connection: " + (0..<40).map { "x\($0)" }.joined(separator: ","), .refused(400)),
            .get(
                "Keep-Alive: timeout=5\nProxy-Connection: close\nTE: trailers, gzip",
                .served(["GET /get", "host: a", "te: trailers", "connection: te"])),
            .get("Upgrade: h2c\nConnection: Upgrade, HTTP2-Settings\nHTTP2-Settings: AAMAAABkAAQ", plain),
            .get("Proxy-Authorization: Basic x\nProxy-Authenticate: Basic", plain),
            // httpoxy: CGI turns it into HTTP_PROXY.
            .get("Proxy: http://evil/", plain),
            .get("Expect: 200-ok", .refused(417)),
            .get("Expect: 100-continue", plain),
            .get(
                "X-Forwarded-For: 6.6.6.6\nX-Forwarded-For: 7.7.7.7\nX-Forwarded-Proto: gopher\nX-Forwarded-Host: evil",
                plain),
            .get(
                "X-Forwarded-Port: 1\nX-Forwarded-Server: evil\nX-Forwarded-Prefix: /evil\nX-Forwarded-User: root",
                plain),
            .get("x_forwarded_for: 6.6.6.6\nX-Forwarded_For: 6.6.6.6\nX_Real_IP: 6.6.6.6\nX-Real-IP: 6.6.6.6", plain),
            .get("Forwarded: for=6.6.6.6;host=evil;proto=gopher", plain),
            .get(
                "Client-Cert: :x:\nClient-Cert-Chain: :x:\nX-Client-Cert: x\nX-SSL-Client-Cert: x\nSSL-Client-Verify: SUCCESS",
                plain),
            .get(
                "X-Forwarded-Client-Cert: x\nX_SSL_CLIENT_S_DN: x\nX-SSL-Client-Verify: SUCCESS\nclient_cert: x", plain),
            .get(
                "Understudy-Epoch: 4000000000\nUnderstudy-Probe: 1\nunderstudy_probe: 1\nUnderstudy-Anything: 1", plain),
            .get("Transfer-Encoding: chunked\nConnection: close, Transfer-Encoding\nContent-Length: 0", .refused(400)),
            .get(
                "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: x\nContent-Length: 0",
                .served(
                    ["GET /get", "host: a", "Sec-WebSocket-Key: x", "connection: upgrade", "upgrade: websocket"])),
            SmugglingCase(
                "a value of odd bytes",
                bytes: Array("GET /get HTTP/1.1\r\nHost: a\r\nX:\t\t\"a\tb\" ".utf8) + Array("\r\n\r\n".utf8),
                .served(["GET /get", "host: a", "X: \"a\tb\""])),
        ]
    }()

    static let bodies: [SmugglingCase] = [
        SmugglingCase(
            "a request in a counted body", "POST /outer HTTP/1.1\nHost: a\nContent-Length: 52\n\n" + hidden,
            .served(["POST /outer", "host: a", "content-length: 52"], content: hidden.replacing("\n", with: "\r\n"))),
        SmugglingCase(
            "a request in a chunk",
            "POST /outer HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n34\n" + hidden + "\n0\n\n",
            .served(
                ["POST /outer", "host: a", "transfer-encoding: chunked"], content: hidden.replacing("\n", with: "\r\n"))
        ),
        SmugglingCase(
            "a request in a GET's body", "GET /outer HTTP/1.1\nHost: a\nContent-Length: 52\n\n" + hidden,
            .served(["GET /outer", "host: a", "content-length: 52"], content: hidden.replacing("\n", with: "\r\n"))),
        SmugglingCase(
            "an upgrade with a body",
            "GET /outer HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: x\nContent-Length: 52\n\n"
                + hidden,
            .served(
                ["GET /outer", "host: a", "Sec-WebSocket-Key: x", "content-length: 52"],
                content: hidden.replacing("\n", with: "\r\n"))),
        // Clients may not use the workers' control endpoints, through any balancer.
        SmugglingCase(
            "a cluster path",
            "POST /cluster/v1/prevote HTTP/1.1\nHost: a\nContent-Length: 41\n\n{\"candidate\":\"worker-8001\",\"epochSeen\":1}",
            .served(
                ["POST /cluster/v1/prevote", "host: a", "content-length: 41"],
                content: "{\"candidate\":\"worker-8001\",\"epochSeen\":1}")),
    ]
}
