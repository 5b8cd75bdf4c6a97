package import Sockets

extension SocketTransport {
    /// The next bytes as an array of the caller's own.
    ///
    /// - Parameter room: of the memory that is offered; how much comes is the transport's.
    package func read(room: Int = 64 << 10) -> (result: TransportResult, bytes: [UInt8]) {
        var scratch = [UInt8](repeating: 0, count: room)
        return scratch.withUnsafeMutableBufferPointer { scratch in
            switch receive(using: scratch) {
            case .bytes(let bytes): (.bytes(bytes.count), Array(bytes))
            case .wouldBlock(let direction): (.wouldBlock(direction), [])
            case .endOfStream: (.endOfStream, [])
            case .failed(let error): (.failed(error), [])
            }
        }
    }
}
