#if TLS
    internal import Sockets

    /// What makes and opens the records of a connection whose handshake is over.
    ///
    /// Two of them exist: OpenSSL's session as it is (`TLSSession`), and our own for TLS 1.3 (`TLSRecords`).
    protocol TLSRecordLayer: AnyObject {
        /// Something can be given out that readiness does not tell of.
        var hasBufferedInput: Bool { get }

        /// See `Transport.receive`.
        func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult

        /// Makes one record of as much of `first` and then of `second` as one takes, and gathers it in the batch of the context.
        ///
        /// - Returns: `.bytes` with how much that was, or what stands in the way.
        func seal(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> TransportResult

        /// Makes the record that tells the peer that nothing more comes, the first time that it is called, and gathers it.
        func sealCloseNotify()

        /// See `Transport.releaseBuffers`.
        func releaseBuffers()
    }
#endif
