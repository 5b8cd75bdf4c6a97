#if TLS
    /// Assembles the messages that a peer sends after the handshake (RFC 8446, 4.6). Their fragments may have any size.
    struct PostHandshakeMessages {
        enum Message: Equatable {
            /// The peer encrypts its next records with its next key.
            case keyUpdate(isRequested: Bool)
            case newSessionTicket
            /// The connection ends with this alert.
            case refused(Alert)
        }

        private static let headerSize = 4
        /// The largest accepted message in bytes: a large session ticket.
        private static let maximumSize = 1 << 14

        /// The peer is the server. Only a server sends tickets.
        private let isServer: Bool
        private var bytes: [UInt8] = []

        /// - Parameter isServer: true if this side is the server of the connection.
        init(isServer: Bool) { self.isServer = isServer }

        /// A message has begun and is incomplete. No record of another type may arrive now.
        var isWithin: Bool { !bytes.isEmpty }

        mutating func append(_ fragment: UnsafeRawBufferPointer) { bytes.append(contentsOf: fragment) }

        /// Returns the next complete message, or nil if more bytes are needed.
        mutating func next() -> Message? {
            guard let type = bytes.first else { return nil }
            // An invalid message is rejected before its bytes are collected.
            guard type == 24 || (type == 4 && !isServer) else { return .refused(.unexpectedMessage) }
            guard bytes.count >= PostHandshakeMessages.headerSize else { return nil }
            let size = Int(bytes[1]) << 16 | Int(bytes[2]) << 8 | Int(bytes[3])
            guard size <= PostHandshakeMessages.maximumSize, type == 4 || size == 1 else {
                return .refused(.decodeError)
            }
            let end = PostHandshakeMessages.headerSize + size
            guard bytes.count >= end else { return nil }
            if type == 4 {
                bytes.removeFirst(end)
                return .newSessionTicket
            }
            // The following messages use the next key, so they can't be in the same record (RFC 8446, 5.1).
            guard bytes.count == end else { return .refused(.unexpectedMessage) }
            let request = bytes[PostHandshakeMessages.headerSize]
            bytes = []
            return request <= 1 ? .keyUpdate(isRequested: request == 1) : .refused(.illegalParameter)
        }
    }
#endif
