package import Sockets

extension SocketTransport {
    /// The next bytes, copied into an array.
    ///
    /// - Parameter room: size of the offered memory. The transport decides how many bytes it returns.
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
