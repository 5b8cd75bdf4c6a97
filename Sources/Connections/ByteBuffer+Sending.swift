internal import HTTP
internal import Sockets

/// The result of sending.
enum SendOutcome {
    /// Nothing waits.
    case done
    /// Some bytes wait until the transport is writable.
    case blocked
    case failed
}

/// Bytes on their way to a transport, in order: first those that it has accepted and not sent, then those in the
/// buffer.
extension ByteBuffer {
    /// Content below this size is copied into the buffer, together with the bytes before and after it.
    static let directSize = 4 << 10
    /// The same limit if content has been collected already: then a small record costs less than a system call of its
    /// own.
    private static let followingSize = 512

    /// Appends content that may go to the transport without a copy. Only bytes that the transport does not accept are
    /// copied. The content leaves with the next `send` at the latest.
    ///
    /// - Returns: `moved` counts the bytes that the transport has accepted.
    mutating func gather(
        _ content: UnsafeBufferPointer<UInt8>, into transport: any Transport
    ) -> (moved: Int, outcome: SendOutcome) {
        var rest = content
        var moved = 0
        while rest.count >= ByteBuffer.directSize || (rest.count >= ByteBuffer.followingSize && transport.unsent > 0) {
            switch transport.gather(readable, rest) {
            case .bytes(let taken):
                let own = min(taken, count)
                consume(own)
                rest = UnsafeBufferPointer(rebasing: rest[(taken - own)...])
                moved += taken
            case .wouldBlock:
                append(rest)
                return (moved, .blocked)
            case .endOfStream, .failed: return (moved, .failed)
            }
        }
        append(rest)
        return (moved, .done)
    }

    /// Content up to this size is sent together with the end of the direction.
    private static let lastSize = 16 << 10

    /// Sends the rest, and then closes the sending side: `.done` means both. Otherwise it is like `send`.
    mutating func sendLast(through transport: any Transport) -> (moved: Int, outcome: SendOutcome) {
        let before = count + transport.unsent
        let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        if !isEmpty, count <= ByteBuffer.lastSize, case .bytes(let taken) = transport.gather(readable, nothing) {
            consume(taken)
        }
        var outcome = SendOutcome.done
        if !isEmpty { outcome = send(through: transport).outcome }
        if case .done = outcome {
            switch transport.finish() {
            case .bytes: break
            case .wouldBlock: outcome = .blocked
            case .endOfStream, .failed: outcome = .failed
            }
        }
        return (max(0, before - count - transport.unsent), outcome)
    }

    /// Sends as many bytes as possible.
    ///
    /// - Returns: `moved` counts the bytes that have left, including TLS's own.
    mutating func send(through transport: any Transport) -> (moved: Int, outcome: SendOutcome) {
        var unsent = transport.unsent
        let before = count + unsent
        var outcome = SendOutcome.done
        while !isEmpty || unsent > 0 {
            // Bytes that wait for the socket are sent first and alone. Collected bytes are sent together with the
            // buffer's.
            let result = isEmpty ? transport.flush() : transport.write(readable)
            unsent = transport.unsent
            if case .bytes(let taken) = result {
                consume(taken)
                if unsent == 0 { continue }
                outcome = .blocked
            } else if case .wouldBlock = result {
                outcome = .blocked
            } else {
                outcome = .failed
            }
            break
        }
        return (max(0, before - count - unsent), outcome)
    }
}
