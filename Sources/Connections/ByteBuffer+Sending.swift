internal import HTTP
internal import Sockets

/// How sending went.
enum SendOutcome {
    /// Nothing waits.
    case done
    /// Some waits until the transport is ready for writing.
    case blocked
    case failed
}

/// Bytes on their way to a transport, in order: what it has taken and not sent, then what is in the buffer.
extension ByteBuffer {
    /// Content below this is put together with what comes before and after it.
    static let directSize = 4 << 10
    /// The same when more has been gathered already: then a small record costs less than a system call of its own.
    private static let followingSize = 512

    /// Appends content that may go to the transport from where it lies; only what it does not take is copied. It leaves with the
    /// next `send` at the latest.
    ///
    /// - Returns: `moved` counts the bytes that the transport has taken.
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

    /// Content up to this goes with the end of the direction that follows it.
    private static let lastSize = 16 << 10

    /// Sends what is left, and ends our direction behind it: `.done` means both. Otherwise like `send`.
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

    /// Sends as much as goes.
    ///
    /// - Returns: `moved` counts the bytes that have left. Those of TLS's own count with them.
    mutating func send(through transport: any Transport) -> (moved: Int, outcome: SendOutcome) {
        var unsent = transport.unsent
        let before = count + unsent
        var outcome = SendOutcome.done
        while !isEmpty || unsent > 0 {
            // What waits for the socket goes first and alone; what was gathered goes with what is here.
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
