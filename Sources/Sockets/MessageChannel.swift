internal import Glibc

/// Lines of bytes with descriptors, over one end of a connected unix socket.
///
/// Descriptors stay with their line. One read may return several lines, but then only the last one has descriptors: the
/// kernel ends a read at a message with descriptors (unix(7)).
package final class MessageChannel: EventSource {
    private static let maximumLine = 64 << 10
    /// The most reads in one turn of the loop. Further input waits for the next turn.
    private static let readsPerTurn = 16

    private let socket: FileDescriptor
    private let loop: EventLoop
    private var input: [UInt8] = []
    private var descriptors: [ReceivedDescriptor] = []
    /// Called with each line, without its end, and with the descriptors received until then. Those that the callee does not
    /// take are closed.
    package var onMessage: (_ line: [UInt8], _ descriptors: [ReceivedDescriptor]) -> Void = { _, _ in }
    /// Called once when the other end closes or violates the protocol.
    package var onClose: () -> Void = {}

    package init(_ socket: consuming FileDescriptor, on loop: EventLoop) throws(SystemError) {
        self.socket = socket
        self.loop = loop
        super.init()
        try loop.watch(self, descriptor: self.socket.rawValue, for: .readable)
    }

    package var rawValue: Int32 { socket.rawValue }

    /// Sends a line of less than 64 KiB. If the peer does not read, this is an error and not a wait: such a peer counts
    /// as dead.
    package func send(_ line: [UInt8], descriptors: [Int32] = []) throws(SystemError) {
        try DescriptorPassing.send(line + [UInt8(ascii: "\n")], descriptors: descriptors, over: socket.rawValue)
    }

    /// To the peer this end has closed. Lines of the peer still arrive, until it closes its end too.
    package func finishSending() {
        _ = Glibc.shutdown(socket.rawValue, Int32(SHUT_WR))
    }

    /// Stops receiving, without a call of `onClose`.
    package func close() {
        loop.unwatch(self)
        descriptors = []
    }

    /// Receives the last lines of a closed peer and stops receiving.
    package func receiveRest() {
        receive(atMost: .max)
        close()
    }

    package override func ready(_ readiness: Readiness) {
        receive(atMost: MessageChannel.readsPerTurn)
    }

    private func receive(atMost reads: Int) {
        var left = reads
        while entry.isWatched, left > 0 {
            left -= 1
            do throws(SystemError) {
                switch try DescriptorPassing.receive(from: socket.rawValue, limit: 16 << 10) {
                case .message(let bytes, let received):
                    input += bytes
                    deliverLines(received)
                    if entry.isWatched, !MessageChannel.fits(input, descriptors) { end() }
                case .wouldBlock: return
                case .endOfStream: end()
                }
            } catch { end() }
        }
    }

    /// The limits are those of one message, with or without its end. One read may have several.
    private static func fits(_ line: [UInt8], _ descriptors: [ReceivedDescriptor]) -> Bool {
        line.count <= maximumLine && descriptors.count <= DescriptorPassing.maximumCount
    }

    private func deliverLines(_ received: [ReceivedDescriptor]) {
        var received = received
        while entry.isWatched, let end = input.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(input[..<end])
            input.removeSubrange(...end)
            if input.isEmpty {
                descriptors += received
                received = []
            }
            guard MessageChannel.fits(line, descriptors) else {
                self.end()
                break
            }
            // The rest of an earlier read belongs to the first line.
            let own = descriptors
            descriptors = []
            onMessage(line, own)
        }
        descriptors += received
        if !entry.isWatched { close() }
    }

    private func end() {
        close()
        onClose()
    }
}
