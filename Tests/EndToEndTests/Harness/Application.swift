import Foundation
import Synchronization

/// A small HTTP application behind `--forward`: answers with the request's head, as it came, as content; to `/echo` with the
/// request's content. The status is 200, or what `/status/NUMBER` asks for.
final class Application: Sendable {
    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[String]>([])
    /// The open connections; nil once it has stopped.
    private let connections = Mutex<[ObjectIdentifier: PlainSocket]?>([:])

    /// - Parameter port: 0 for a free one; another for the place of one that was stopped.
    init(port: UInt16 = 0) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = LoopbackAddress.with(port: port) { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 64) == 0 else { throw HarnessError("no application can listen") }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &size) }
        }
        self.port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in acceptLoop() }
    }

    /// The heads of the requests that have come, in their order.
    var heads: [String] { seen.withLock { $0 } }

    /// Ends the application: nobody listens any more, and open connections break off.
    func stop() {
        let open = connections.withLock { connections in
            // Within the lock, so that none of them is closed, and its number another's, meanwhile.
            for socket in (connections ?? [:]).values { socket.breakOff() }
            return connections.take() != nil
        }
        guard open else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func acceptLoop() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let socket = PlainSocket(owning: connection, patienceSeconds: 60)
            let isOpen = connections.withLock { connections in
                connections?[ObjectIdentifier(socket)] = socket
                return connections != nil
            }
            guard isOpen else { return }
            Thread.detachNewThread { [self] in
                serve(socket)
                connections.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(socket)) }
                socket.finish()
            }
        }
    }

    private func serve(_ socket: PlainSocket) {
        var input = Data()
        while true {
            guard let head = nextHead(&input, socket) else { return }
            seen.withLock { $0.append(head) }
            guard let content = content(of: head, &input, socket) else { return }
            let target = head.split(separator: " ").dropFirst().first ?? ""
            let status = target.hasPrefix("/status/") ? String(target.dropFirst(8)) : "200"
            let answer = target == "/echo" ? content : Data(head.utf8)
            let start =
                "HTTP/1.1 \(status) Whatever\r\nContent-Type: text/plain\r\nContent-Length: \(answer.count)\r\n\r\n"
            guard socket.send(Data(start.utf8) + (head.hasPrefix("HEAD ") ? Data() : answer)) else { return }
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

    /// The request's content; that of a chunked one as it came, chunk sizes and all. Nil when it ends too early.
    private func content(of head: String, _ input: inout Data, _ socket: PlainSocket) -> Data? {
        let lines = head.lowercased().split(separator: "\r\n")
        let isChunked = lines.contains("transfer-encoding: chunked")
        let length = lines.first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        while true {
            // Only the last chunk is of size 0, and what the tests send has no such line in it.
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
