import HTTP
import Testing

/// The requests that the parser rejects, with the error, however the bytes arrive.
@Suite struct RequestRejectionTests {
    struct Case: Sendable, CustomStringConvertible {
        var error: HTTPError
        var sample: Sample
        var description: String { "\(error): \(sample.name)" }

        init(_ error: HTTPError, _ input: String) {
            self.error = error
            sample = Sample(input.debugDescription, input)
        }

        init(_ error: HTTPError, _ name: String, bytes: [UInt8]) {
            self.error = error
            sample = Sample(name, bytes: bytes)
        }

        /// A GET with these field lines after its Host field.
        static func fields(_ error: HTTPError, _ lines: String) -> Case {
            Case(error, "GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n")
        }

        /// A request with this start line and a Host field.
        static func line(_ error: HTTPError, _ line: String) -> Case {
            Case(error, "\(line)\r\nHost: a\r\n\r\n")
        }
    }

    static let lines: [Case] = [
        .line(.malformedRequestLine, "GET"),
        .line(.malformedRequestLine, "GET /"),
        .line(.malformedRequestLine, "GET / "),
        .line(.malformedRequestLine, "GET / HTTX/1.1"),
        .line(.malformedRequestLine, "GET / http/1.1"),
        .line(.malformedRequestLine, "GET /a b HTTP/1.1"),
        .line(.malformedRequestLine, "GET /  HTTP/1.1"),
        .line(.malformedRequestLine, "GET / RTSP/1.0"),
        .line(.invalidTarget, "GET  / HTTP/1.1"),
        .line(.invalidTarget, "GET HTTP/1.1 "),
        .line(.invalidMethod, " GET / HTTP/1.1"),
        .line(.invalidMethod, "get / HTTP/1.1"),
        .line(.invalidMethod, "Get / HTTP/1.1"),
        .line(.invalidMethod, "GET\t/ HTTP/1.1"),
        .line(.invalidMethod, "GET: / HTTP/1.1"),
        .line(.invalidMethod, "G\u{e9}T / HTTP/1.1"),
        .line(.methodTooLong, String(repeating: "A", count: 33) + " / HTTP/1.1"),
        .line(.connectNotSupported, "CONNECT a:443 HTTP/1.1"),
        .line(.invalidTarget, "GET foo/bar HTTP/1.1"),
        .line(.invalidTarget, "GET a:443 HTTP/1.1"),
        .line(.invalidTarget, "GET * HTTP/1.1"),
        .line(.invalidTarget, "OPTIONS ** HTTP/1.1"),
        .line(.invalidTarget, "OPTIONS */ HTTP/1.1"),
        .line(.invalidTarget, "GET ftp://a/ HTTP/1.1"),
        .line(.invalidTarget, "GET http:/a/ HTTP/1.1"),
        .line(.invalidTarget, "GET https:a/ HTTP/1.1"),
        .line(.invalidTarget, "GET /a\tb HTTP/1.1"),
        .line(.invalidTarget, "GET /a#b HTTP/1.1"),
        .line(.invalidTarget, "GET /longer/than/eight#b HTTP/1.1"),
        .line(.invalidTarget, "GET /caf\u{e9} HTTP/1.1"),
        .line(.invalidTarget, "GET /a/path/that/is/long/caf\u{e9} HTTP/1.1"),
        .line(.invalidTargetAuthority, "GET http:// HTTP/1.1"),
        .line(.invalidTargetAuthority, "GET http:///path HTTP/1.1"),
        .line(.invalidTargetAuthority, "GET http://?x HTTP/1.1"),
        .line(.invalidTargetAuthority, "GET http://user@a/ HTTP/1.1"),
        .line(.invalidTargetAuthority, "GET http://user:pass@a/ HTTP/1.1"),
        .line(.invalidTargetAuthority, "GET http://a:x/ HTTP/1.1"),
        .line(.invalidTargetAuthority, "GET http://a\\b/ HTTP/1.1"),
        .line(.unsupportedVersion, "GET / HTTP/2.0"),
        .line(.unsupportedVersion, "GET / HTTP/0.9"),
        .line(.unsupportedVersion, "GET / HTTP/1.10"),
        .line(.unsupportedVersion, "GET / HTTP/1.x"),
        .line(.unsupportedVersion, "GET / HTTP/1.:"),
        .line(.unsupportedVersion, "GET / HTTP/3.1"),
        .line(.unsupportedVersion, "GET / HTTP/1"),
        .line(.unsupportedVersion, "GET / HTTP/111"),
        .line(.unsupportedVersion, "GET / HTTP/1.1 "),
        // The HTTP/2 preface: the parser rejects its target first.
        Case(.invalidTarget, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Case(.emptyStartLine, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(.controlByte, "TLS hello", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    ]

    static let lineEnds: [Case] = [
        .line(.bareLineFeed, "GET / HTTP/1.1\nX: a"),
        .line(.bareCarriageReturn, "GET / HTTP/1.1\rX: a"),
        .line(.bareCarriageReturn, "GET /a\rb HTTP/1.1"),
        .fields(.bareCarriageReturn, "X: a\rb"),
        .fields(.bareCarriageReturn, "X: a\r\r\nY: b"),
        .fields(.bareLineFeed, "X: a\nY: b"),
        .fields(.bareLineFeed, "X:\nTransfer-Encoding: chunked"),
        Case(.bareLineFeed, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        Case(.bareLineFeed, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(.bareCarriageReturn, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"),
    ]

    static let fields: [Case] = [
        .fields(.obsoleteFold, "X: a\r\n b"),
        .fields(.obsoleteFold, "X: a\r\n\tb"),
        .fields(.obsoleteFold, "X: a\r\n "),
        Case(.obsoleteFold, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        .fields(.whitespaceBeforeColon, "X : a"),
        .fields(.whitespaceBeforeColon, "X\t: a"),
        .fields(.whitespaceBeforeColon, "Transfer-Encoding : chunked"),
        .fields(.missingColon, "X"),
        .fields(.invalidFieldName, ": a"),
        .fields(.invalidFieldName, "X Y: a"),
        .fields(.invalidFieldName, "X@: a"),
        .fields(.invalidFieldName, "X\u{e9}: a"),
        .fields(.controlByte, "X\u{1}: a"),
        .fields(.controlByte, "X: \u{0}"),
        .fields(.controlByte, "X: a\u{b}b"),
        .fields(.controlByte, "X: a\u{7f}"),
        .fields(.controlByte, "X: a long enough value for words \u{1b}"),
        .fields(.ambiguousFieldName, "Content_Length: 5"),
        .fields(.ambiguousFieldName, "transfer_encoding: chunked"),
        .fields(.invalidConnection, "Connection: close; x"),
        .fields(.invalidConnection, "Connection: a b"),
        .fields(.invalidConnection, "Connection: \"close\""),
        .fields(.tooManyConnectionOptions, "Connection: " + Array(repeating: "x", count: 33).joined(separator: ",")),
        .fields(
            .tooManyConnectionOptions, "Connection: " + Array(repeating: "close", count: 33).joined(separator: ",")),
        .fields(
            .tooManyConnectionOptions, Array(repeating: "Connection: keep-alive", count: 33).joined(separator: "\r\n")),
        .fields(.unknownExpectation, "Expect: 200-ok"),
        .fields(.unknownExpectation, "Expect: 100-continue, x"),
        .fields(.unknownExpectation, "Expect:"),
    ]

    static let hosts: [Case] =
        [
            Case(.missingHost, "GET / HTTP/1.1\r\n\r\n"),
            Case(.missingHost, "GET http://a/ HTTP/1.1\r\n\r\n"),
            Case(.repeatedHost, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
            Case(.repeatedHost, "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"),
            Case(.invalidHost, "invalid byte in Host", bytes: Array("GET / HTTP/1.1\r\nHost: a\u{e9}\r\n\r\n".utf8)),
        ]
        + [
            "", "a b", "user@a", "a/b", "a?b", "a#b", "a:b", "a:80:80", "a:65536", "a:123456", "a:-1", ":80", "%",
            "%4", "%zz", "a%2", "[::1", "::1", "[]", "[1]", "[::1]a", "[::1]:x", "[::1%25eth0]", "[v1.a:b]", "[::g]",
            "a]",
            "a\\b", "a\"b", "<a>", "a|b", "a^b", "[" + String(repeating: "0:", count: 30) + "]",
        ].map { Case(.invalidHost, "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n") }

    static let framing: [Case] = [
        .fields(.contentLengthWithTransferEncoding, "Content-Length: 5\r\nTransfer-Encoding: chunked"),
        .fields(.contentLengthWithTransferEncoding, "Transfer-Encoding: chunked\r\nContent-Length: 5"),
        .fields(.contentLengthWithTransferEncoding, "Transfer-Encoding: chunked\r\nContent-Length: 0"),
        .fields(.repeatedContentLength, "Content-Length: 5\r\nContent-Length: 5"),
        .fields(.repeatedContentLength, "Content-Length: 5\r\nContent-Length: 6"),
        .fields(.contentLengthTooLarge, "Content-Length: 9223372036854775808"),
        .fields(.contentLengthTooLarge, "Content-Length: 18446744073709551616"),
        .fields(.contentLengthTooLarge, "Content-Length: 184467440737095516160000000000000000000"),
        .fields(.repeatedTransferEncoding, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        .fields(.repeatedTransferEncoding, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        Case(.transferEncodingInOldVersion, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ]

    static let lengths = [
        "", "-1", "+1", "0x5", "5 5", "5,5", "5, 6", "5;", "1e3", "\u{665}", "5\t5", "a", "0_1", "1.0",
    ]
    static let codings = [
        "", "gzip", "identity", "chunked, chunked", "gzip, chunked", "chunked, gzip", "chunkedchunked", "xchunked",
        "\"chunked\"", "chunked;q=1", ",chunked", "chunked,", "chunke", "chun ked",
    ]

    @Test(arguments: lines + lineEnds + hosts)
    func refusesStartLinesAndHosts(_ example: Case) { check(example) }

    @Test(arguments: fields + framing)
    func refusesFields(_ example: Case) { check(example) }

    @Test(arguments: lengths)
    func refusesLength(_ value: String) {
        check(.fields(.invalidContentLength, "Content-Length: \(value)"))
    }

    @Test(arguments: codings)
    func refusesCoding(_ value: String) {
        check(.fields(.unsupportedTransferCoding, "Transfer-Encoding: \(value)"))
    }

    private func check(_ example: Case) {
        let (conversation, difference) = Conversation.fedEveryWay(.client, example.sample.input)
        #expect(conversation.ending == .failed(example.error))
        #expect(conversation.messages.isEmpty)
        #expect(difference == nil)
    }
}
