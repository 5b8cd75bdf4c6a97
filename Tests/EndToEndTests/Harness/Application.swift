import Foundation
import Synchronization

/// A small HTTP application behind `--forward`. It responds with the request head as content, or, for `/echo`, with the
/// request's content. The status is 200, or NUMBER for `/status/NUMBER`. A WebSocket request with the key of RFC 6455's
/// example becomes a tunnel that echoes until it receives `bye`.
final class Application: Sendable {
    private let listener: LoopbackListener
    private let seen = Mutex<[String]>([])

    /// - Parameter port: 0 for a free port; another value for the port of a stopped application.
    init(port: UInt16 = 0) throws {
        listener = try LoopbackListener(port: port)
        listener.start { [self] in serve($0) }
    }

    var port: UInt16 { listener.port }

    /// The heads of the received requests, in order.
    var heads: [String] { seen.withLock { $0 } }

    /// Ends the application: it stops listening, and open connections break off.
    func stop() { listener.stop() }

    private func serve(_ socket: PlainSocket) {
        var input = Data()
        while true {
            guard let head = nextHead(&input, socket) else { return }
            seen.withLock { $0.append(head) }
            guard let content = content(of: head, &input, socket) else { return }
            if head.lowercased().contains("upgrade: websocket\r\n") {
                echo(input, socket)
                return
            }
            let target = head.split(separator: " ").dropFirst().first ?? ""
            let status = target.hasPrefix("/status/") ? String(target.dropFirst(8)) : "200"
            let answer = target == "/echo" ? content : Data(head.utf8)
            let start =
                "HTTP/1.1 \(status) Whatever\r\nContent-Type: text/plain\r\nContent-Length: \(answer.count)\r\n\r\n"
            guard socket.send(Data(start.utf8) + (head.hasPrefix("HEAD ") ? Data() : answer)) else { return }
        }
    }

    private func echo(_ early: Data, _ socket: PlainSocket) {
        let agreed =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        guard socket.send(Data(agreed.utf8) + early) else { return }
        var last = early
        while last.range(of: Data("bye".utf8)) == nil {
            guard let piece = socket.receive(), socket.send(piece) else { return }
            last = last.suffix(2) + piece
        }
    }

    private func nextHead(_ input: inout Data, _ socket: PlainSocket) -> String? {
        while true {
            if let end = input.range(of: Data("\r\n\r\n".utf8)) {
                let head = String(decoding: input[..<end.upperBound], as: UTF8.self)
                input = Data(input[end.upperBound...])
                return head
            }
            guard let piece = socket.receive() else { return nil }
            input += piece
        }
    }

    /// The request's content. Chunked content includes its chunk sizes. Nil if the content is incomplete.
    private func content(of head: String, _ input: inout Data, _ socket: PlainSocket) -> Data? {
        let lines = head.lowercased().split(separator: "\r\n")
        let isChunked = lines.contains("transfer-encoding: chunked")
        let length = lines.first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        while true {
            // Only the last chunk has size 0. No test sends such a line as content.
            let end =
                isChunked
                ? input.range(of: Data("0\r\n\r\n".utf8))?.upperBound
                : input.count >= length ? input.startIndex + length : nil
            if let end {
                let content = Data(input[..<end])
                input = Data(input[end...])
                return content
            }
            guard let piece = socket.receive() else { return nil }
            input += piece
        }
    }
}
