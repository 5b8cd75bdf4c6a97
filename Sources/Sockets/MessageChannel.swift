/// Lines of bytes, with descriptors beside them, over one end of a connected unix socket on a loop.
///
/// Descriptors stay with their line. One read may bring several lines, and then the descriptors of the last of them only:
/// the kernel puts nothing behind a message that has some (unix(7)).
package final class MessageChannel: EventSource {
    private static let maximumLine = 64 << 10

    private let socket: FileDescriptor
    private let loop: EventLoop
    private var input: [UInt8] = []
    private var descriptors: [Int32] = []
    /// Called with each line (without its end) and the descriptors that came by then, which are the callee's from now
    /// on.
    package var onMessage: (_ line: [UInt8], _ descriptors: [Int32]) -> Void = { _, _ in }
    /// Called once when the other end is gone or speaks nonsense.
    package var onClose: () -> Void = {}

    package init(_ socket: consuming FileDescriptor, on loop: EventLoop) throws(SystemError) {
        self.socket = socket
        self.loop = loop
        super.init()
        try loop.watch(self, descriptor: self.socket.rawValue, for: .readable)
    }

    package var rawValue: Int32 { socket.rawValue }

    /// Sends a line of less than 64 KiB. A peer that does not read is as good as gone: that is an error, not a wait.
    package func send(_ line: [UInt8], descriptors: [Int32] = []) throws(SystemError) {
        try DescriptorPassing.send(line + [UInt8(ascii: "\n")], descriptors: descriptors, over: socket.rawValue)
    }

    /// Stops listening to the other end, without a call.
    package func close() {
        loop.unwatch(self)
        for descriptor in descriptors { _ = FileDescriptor(owning: descriptor) }
        descriptors = []
    }

    /// Takes in what the other end, which is known to be gone, has sent before, and stops listening.
    package func receiveRest() {
        ready(.readable)
        close()
    }

    package override func ready(_ readiness: Readiness) {
        while registration != nil {
            do throws(SystemError) {
                switch try DescriptorPassing.receive(from: socket.rawValue, limit: 16 << 10) {
                case .message(let bytes, let received):
                    input += bytes
                    guard input.count <= MessageChannel.maximumLine,
                        descriptors.count + received.count <= DescriptorPassing.maximumCount
                    else {
                        descriptors += received
                        end()
                        return
                    }
                    deliverLines(received)
                case .wouldBlock: return
                case .endOfStream: end()
                }
            } catch { end() }
        }
    }

    private func deliverLines(_ received: [Int32]) {
        var received = received
        while registration != nil, let end = input.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(input[..<end])
            input.removeSubrange(...end)
            // What is left of an earlier read belongs to the line that it began.
            var own = descriptors
            descriptors = []
            if input.isEmpty {
                own += received
                received = []
            }
            onMessage(line, own)
        }
        descriptors += received
        if registration == nil { close() }
    }

    private func end() {
        close()
        onClose()
    }
}
