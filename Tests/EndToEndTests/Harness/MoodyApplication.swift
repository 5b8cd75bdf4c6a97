import Foundation
import Synchronization

/// An application that serves, responds with an error, or accepts requests and never responds. The test sets which.
final class MoodyApplication: Sendable {
    enum Mood: Equatable {
        case serves
        case errs(status: Int)
        case hangs
    }

    private let listener: LoopbackListener
    private let present: Mutex<Mood>
    private let seen = Mutex<Set<String>>([])

    init(_ mood: Mood = .serves) throws {
        present = Mutex(mood)
        listener = try LoopbackListener()
        listener.start { [self] in serve($0) }
    }

    var port: UInt16 { listener.port }

    var mood: Mood {
        get { present.withLock { $0 } }
        set { present.withLock { $0 = newValue } }
    }

    /// The different heads of all requests, without the lines that differ between requests.
    var heads: Set<String> { seen.withLock { $0 } }

    func stop() { listener.stop() }

    private func serve(_ socket: PlainSocket) {
        var input = Data()
        while true {
            while input.range(of: Data("\r\n\r\n".utf8)) == nil {
                guard let piece = socket.receive() else { return }
                input += piece
            }
            let lines = String(decoding: input, as: UTF8.self).split(separator: "\r\n")
            seen.withLock { _ = $0.insert(lines.prefix(2).joined(separator: " ").lowercased()) }
            input = Data()
            let status: Int
            switch mood {
            case .serves: status = 200
            case .errs(let error): status = error
            case .hangs:
                while socket.receive() != nil {}
                return
            }
            let answer = "HTTP/1.1 \(status) Whatever\r\nContent-Length: 3\r\n\r\nok\n"
            guard socket.send(Data(answer.utf8)) else { return }
        }
    }
}
