#if TLS
    /// Puts together the messages that a peer sends after the handshake (RFC 8446, 4.6), which may be cut anywhere.
    struct PostHandshakeMessages {
        enum Message: Equatable {
            /// The peer's next records are made with its next key.
            case keyUpdate(isRequested: Bool)
            case newSessionTicket
            /// The end of the connection, with this alert.
            case refused(Alert)
        }

        private static let headerSize = 4
        /// The largest message that is waited for: a ticket with room to spare.
        private static let maximumSize = 1 << 14

        private var bytes: [UInt8] = []

        /// A message has begun and is not complete: no record of another type may come now.
        var isWithin: Bool { !bytes.isEmpty }

        mutating func append(_ fragment: UnsafeRawBufferPointer) { bytes.append(contentsOf: fragment) }

        /// The next whole message; nil when more has to come first.
        mutating func next() -> Message? {
            guard bytes.count >= PostHandshakeMessages.headerSize else { return nil }
            let size = Int(bytes[1]) << 16 | Int(bytes[2]) << 8 | Int(bytes[3])
            guard size <= PostHandshakeMessages.maximumSize else { return .refused(.decodeError) }
            let end = PostHandshakeMessages.headerSize + size
            switch bytes[0] {
            case 4:
                guard bytes.count >= end else { return nil }
                bytes.removeFirst(end)
                return .newSessionTicket
            case 24:
                guard size == 1 else { return .refused(.decodeError) }
                guard bytes.count >= end else { return nil }
                // What follows is made with the next key: it can't be in the same record (RFC 8446, 5.1).
                guard bytes.count == end else { return .refused(.unexpectedMessage) }
                let request = bytes[PostHandshakeMessages.headerSize]
                bytes = []
                return request <= 1 ? .keyUpdate(isRequested: request == 1) : .refused(.decodeError)
            default:
                return .refused(.unexpectedMessage)
            }
        }
    }
#endif
