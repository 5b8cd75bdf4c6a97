#if TLS
    internal import Sockets

    /// Encrypts and decrypts the records of a connection after its handshake.
    ///
    /// There are two record layers: OpenSSL's session (`TLSSession`), and this module's own for TLS 1.3 (`TLSRecords`).
    protocol TLSRecordLayer: AnyObject {
        /// There is input that epoll does not report, because it has been received already.
        var hasBufferedInput: Bool { get }

        /// See `Transport.receive`.
        func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult

        /// Makes one record of as much of `first` and then of `second` as fits, and adds it to the context's batch.
        ///
        /// - Returns: `.bytes` with the number of bytes in the record, or the obstacle.
        func seal(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> TransportResult

        /// At the first call, adds the record that announces the end of output (close_notify) to the batch.
        func sealCloseNotify()

        /// See `Transport.releaseBuffers`.
        func releaseBuffers()
    }
#endif
