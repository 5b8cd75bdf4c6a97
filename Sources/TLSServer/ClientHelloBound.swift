#if TLS
    /// Bounds the messages that a client sends before the server's answer: the ClientHello, and the second ClientHello
    /// after a HelloRetryRequest.
    ///
    /// OpenSSL accepts a ClientHello of 128 KiB. It allocates the memory after the first 4 bytes of the message. It
    /// then looks up each key share among all groups: 64 KiB of small key shares cost 0.1 s of a loop. This type reads
    /// the bytes from the socket on their way to OpenSSL (RFC 8446, 5.1 and 4). It rejects a message by its announced
    /// length.
    struct ClientHelloBound {
        /// The largest message in bytes. Browsers send 2 KiB with ML-KEM keys. With a large ticket too it is 4 KiB.
        static let maximumSize = 8 << 10

        private static let recordHeaderSize = 5
        private static let messageHeaderSize = 4

        /// State of the current record: the received part of its header, and the number of content bytes that are
        /// missing.
        private var recordHeader: [UInt8] = []
        private var recordLeft = 0
        private var isHandshake = false
        /// The same state for the current message. A message may span several records.
        private var messageHeader: [UInt8] = []
        private var messageLeft = 0

        /// Returns whether OpenSSL may get `bytes`.
        mutating func allows(_ bytes: UnsafeRawBufferPointer) -> Bool {
            var rest = bytes[...]
            while let first = rest.first {
                if recordLeft == 0 {
                    rest.removeFirst()
                    takeRecordHeader(first)
                } else if !isHandshake || messageLeft > 0 {
                    let count = min(rest.count, isHandshake ? min(recordLeft, messageLeft) : recordLeft)
                    rest.removeFirst(count)
                    recordLeft -= count
                    if isHandshake { messageLeft -= count }
                } else {
                    rest.removeFirst()
                    recordLeft -= 1
                    guard takeMessageHeader(first) else { return false }
                }
            }
            return true
        }

        private mutating func takeRecordHeader(_ byte: UInt8) {
            recordHeader.append(byte)
            guard recordHeader.count == ClientHelloBound.recordHeaderSize else { return }
            isHandshake = recordHeader[0] == ContentType.handshake.rawValue
            recordLeft = Int(recordHeader[3]) << 8 | Int(recordHeader[4])
            recordHeader.removeAll(keepingCapacity: true)
        }

        private mutating func takeMessageHeader(_ byte: UInt8) -> Bool {
            messageHeader.append(byte)
            guard messageHeader.count == ClientHelloBound.messageHeaderSize else { return true }
            messageLeft = Int(messageHeader[1]) << 16 | Int(messageHeader[2]) << 8 | Int(messageHeader[3])
            messageHeader.removeAll(keepingCapacity: true)
            return messageLeft <= ClientHelloBound.maximumSize
        }
    }
#endif
