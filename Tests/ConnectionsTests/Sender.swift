import Foundation
import TestSupport

/// Sends on a thread of its own, because sending would block the test.
final class Sender {
    private let done = DispatchSemaphore(value: 0)

    init(_ socket: RawSocket, _ bytes: [UInt8]) {
        nonisolated(unsafe) let socket = socket
        Thread { [done] in
            try? socket.send(bytes)
            done.signal()
        }.start()
    }

    /// Returns true when everything was sent or sending failed, before a deadline.
    func wait() -> Bool { done.wait(timeout: .now() + .seconds(RawSocket.patienceSeconds)) == .success }
}
