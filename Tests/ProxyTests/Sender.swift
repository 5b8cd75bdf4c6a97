import Foundation
import TestSupport

/// Sends on a thread of its own, because sending would block the test.
final class Sender {
    private let done = DispatchSemaphore(value: 0)

    init(_ socket: RawSocket, _ parts: [UInt8]...) {
        nonisolated(unsafe) let socket = socket
        Thread { [done] in
            for part in parts { try? socket.send(part) }
            done.signal()
        }.start()
    }

    /// Returns true when everything was sent or sending failed, before a deadline.
    func wait() -> Bool { done.wait(timeout: .now() + .seconds(RawSocket.patienceSeconds)) == .success }
}

/// Content in chunks of this size, with the last chunk.
func chunks(of content: [UInt8], size: Int) -> [UInt8] {
    var result: [UInt8] = []
    var start = 0
    while start < content.count {
        let piece = content[start..<min(start + size, content.count)]
        result += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
        start += size
    }
    return result + Array("0\r\n\r\n".utf8)
}
