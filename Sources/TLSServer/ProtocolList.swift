#if TLS
    internal import COpenSSL
    internal import Sockets

    /// The protocols that one side of a connection supports, best first, in wire format (RFC 7301, 3.1).
    final class ProtocolList {
        private let wire: [UInt8]

        init(_ protocols: [ApplicationProtocol]) {
            wire = protocols.flatMap { [UInt8($0.rawValue.utf8.count)] + Array($0.rawValue.utf8) }
        }

        /// Makes a server context select a protocol from this list. The list must outlive the context.
        func choose(on context: OpaquePointer) {
            SSL_CTX_set_alpn_select_cb(context, select, Unmanaged.passUnretained(self).toOpaque())
        }

        /// Makes a client context offer this list.
        func offer(on context: OpaquePointer) {
            SSL_CTX_set_alpn_protos(context, wire, UInt32(wire.count))
        }

        /// Returns the first own protocol that the peer offers too. It points into the peer's offer, as OpenSSL
        /// requires.
        fileprivate func best(of offered: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
            wire.withUnsafeBufferPointer { wire in
                var found: UnsafeBufferPointer<UInt8>?
                ProtocolList.forEach(in: wire) { ours in
                    ProtocolList.forEach(in: offered) { theirs in
                        if found == nil, ours.elementsEqual(theirs) { found = theirs }
                    }
                }
                return found
            }
        }

        private static func forEach(
            in wire: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
        ) {
            var index = 0
            while index < wire.count {
                let length = Int(wire[index])
                guard index + 1 + length <= wire.count else { return }
                body(UnsafeBufferPointer(rebasing: wire[(index + 1)..<(index + 1 + length)]))
                index += 1 + length
            }
        }
    }

    /// RFC 7301, 3.2: selects among the client's protocols. Without a common one the handshake ends with an alert.
    private func select(
        _ session: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ chosenLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredLength: UInt32,
        _ list: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let offered, let chosen, let chosenLength, let list else { return SSL_TLSEXT_ERR_NOACK }
        let ours = Unmanaged<ProtocolList>.fromOpaque(list).takeUnretainedValue()
        guard let best = ours.best(of: UnsafeBufferPointer(start: offered, count: Int(offeredLength))) else {
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        chosen.pointee = best.baseAddress
        chosenLength.pointee = UInt8(best.count)
        return SSL_TLSEXT_ERR_OK
    }
#endif
