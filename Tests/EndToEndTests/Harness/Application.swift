import Foundation
import Synchronization

/// A small HTTP application behind `--forward`: answers every request with 200 and the request's head, as it came, as content.
final class Application: Sendable {
    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[String]>([])

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        let bound = LoopbackAddress.with(port: 0) { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 64) == 0 else { throw HarnessError("no application can listen") }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &size) }
        }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in acceptLoop() }
    }

    /// The heads of the requests that have come, in their order.
    var heads: [String] { seen.withLock { $0 } }

    /// Ends the application: nobody listens any more.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func acceptLoop() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            Thread.detachNewThread { [self] in serve(PlainSocket(owning: connection, patienceSeconds: 60)) }
        }
    }

    private func serve(_ socket: PlainSocket) {
        var input = Data()
        while true {
            guard let head = nextHead(&input, socket) else { return }
            seen.withLock { $0.append(head) }
            guard swallowContent(of: head, &input, socket) else { return }
            let isHead = head.hasPrefix("HEAD ")
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(head.utf8.count)\r\n\r\n"
            guard socket.send(Data((answer + (isHead ? "" : head)).utf8)) else { return }
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

    private func swallowContent(of head: String, _ input: inout Data, _ socket: PlainSocket) -> Bool {
        let lines = head.lowercased().split(separator: "\r\n")
        if lines.contains("transfer-encoding: chunked") {
            while true {
                if let end = input.range(of: Data("0\r\n\r\n".utf8)) {
                    input = Data(input[end.upperBound...])
                    return true
                }
                guard let piece = socket.receive() else { return false }
                input += piece
            }
        }
        let length = lines.first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        while input.count < length {
            guard let piece = socket.receive() else { return false }
            input += piece
        }
        input = Data(input.dropFirst(length))
        return true
    }
}
