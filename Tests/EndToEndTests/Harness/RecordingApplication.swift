import Foundation
import Synchronization

/// A suspicious application: it accepts only the one form of request that the proxy writes, records every byte, and
/// sends the response that a test wants.
///
/// If the bytes are not exactly one request in that form, it records a violation with the bytes. It does the same if a
/// request has a forbidden part.
final class RecordingApplication: Sendable {
    /// The response to a request.
    struct Answer: Sendable {
        var bytes: Data
        /// The connection closes after the response.
        var closes = false
    }

    private struct Record {
        var requests: [CanonicalRequest] = []
        var violations: [String] = []
        /// The bytes of incomplete requests.
        var fragments: [Data] = []
    }

    private let listener: LoopbackListener
    private let record = Mutex(Record())
    private let hop: Hop
    private let answer: @Sendable (CanonicalRequest) -> Answer

    /// - Parameters:
    ///   - hop: the hop that the application stands at.
    ///   - answer: by default 200 with a short content.
    init(
        at hop: Hop = .application,
        _ answer: @escaping @Sendable (CanonicalRequest) -> Answer = { _ in RecordingApplication.ok() }
    ) throws {
        self.hop = hop
        self.answer = answer
        listener = try LoopbackListener()
        listener.start { [weak self] socket in self?.serve(socket) }
    }

    deinit { stop() }

    var port: UInt16 { listener.port }
    var requests: [CanonicalRequest] { record.withLock { $0.requests } }
    var violations: [String] { record.withLock { $0.violations } }
    var fragments: [Data] { record.withLock { $0.fragments } }

    func stop() { listener.stop() }

    static func ok(_ text: String = "ok\r\n") -> Answer {
        Answer(bytes: Data("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8))
    }

    private func serve(_ socket: PlainSocket) {
        var input = Data()
        while true {
            switch CanonicalRequest.read(from: input) {
            case .whole(let request, let rest):
                // One connection carries one request at a time: no byte may follow before the response.
                record.withLock {
                    $0.requests.append(request)
                    $0.violations += request.complaints(at: hop).map { "\($0): \(escaped(request.head))" }
                    if !rest.isEmpty { $0.violations.append("bytes behind a request: \(escaped(rest))") }
                }
                input = Data()
                let answer = answer(request)
                guard socket.send(answer.bytes), !answer.closes else { return }
            case .violation(let reason):
                record.withLock { $0.violations.append("\(reason): \(escaped(input))") }
                return
            case .incomplete:
                guard let piece = socket.receive() else {
                    if !input.isEmpty { record.withLock { $0.fragments.append(input) } }
                    return
                }
                input += piece
            }
        }
    }
}

/// Bytes as text, with everything except visible ASCII escaped.
func escaped(_ bytes: Data) -> String {
    bytes.prefix(2000).map { byte in
        (0x20..<0x7F).contains(byte)
            ? String(UnicodeScalar(byte))
            : byte == 0x0D ? "\\r" : byte == 0x0A ? "\\n" : "\\x" + String(byte, radix: 16)
    }.joined()
}
