/// Lines of bytes, with descriptors beside them, over one end of a connected unix socket on a loop.
///
/// Descriptors arrive no later than the end of the line that they were sent with.
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

    package override func ready(_ readiness: Readiness) {
        while registration != nil {
            do throws(SystemError) {
                switch try DescriptorPassing.receive(from: socket.rawValue, limit: 16 << 10) {
                case .message(let bytes, let received):
                    descriptors += received
                    input += bytes
                    guard input.count <= MessageChannel.maximumLine, descriptors.count <= DescriptorPassing.maximumCount
                    else {
                        end()
                        return
                    }
                    deliverLines()
                case .wouldBlock: return
                case .endOfStream: end()
                }
            } catch { end() }
        }
    }

    private func deliverLines() {
        while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(input[..<end])
            input.removeSubrange(...end)
            let received = descriptors
            descriptors = []
            onMessage(line, received)
        }
    }

    private func end() {
        close()
        onClose()
    }
}
