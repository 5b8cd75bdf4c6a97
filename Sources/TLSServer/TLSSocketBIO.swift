#if TLS
    internal import COpenSSL

    /// Presents a `TLSSocket` to OpenSSL as a BIO. The session that owns it calls the functions.
    enum TLSSocketBIO {
        /// Returns a BIO for `socket`, which must outlive it, or nil if OpenSSL has no memory.
        static func make(for socket: TLSSocket) -> OpaquePointer? {
            guard let method, let bio = BIO_new(method.pointer) else { return nil }
            BIO_set_data(bio, Unmanaged.passUnretained(socket).toOpaque())
            BIO_set_init(bio, 1)
            return bio
        }

        /// Created once, read by all threads, never freed.
        private struct Method: @unchecked Sendable {
            let pointer: OpaquePointer
        }

        private static let method: Method? = {
            guard let pointer = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "understudy records") else {
                return nil
            }
            BIO_meth_set_read_ex(pointer, read)
            BIO_meth_set_write_ex(pointer, write)
            BIO_meth_set_ctrl(pointer, control)
            return Method(pointer: pointer)
        }()

        fileprivate static func socket(of bio: OpaquePointer?) -> TLSSocket? {
            guard let data = BIO_get_data(bio) else { return nil }
            return Unmanaged<TLSSocket>.fromOpaque(data).takeUnretainedValue()
        }

        /// The return values of BIO_read_ex(3) and BIO_write_ex(3): 1 for some bytes, 0 for the end, -1 otherwise.
        /// Flags distinguish a failure from a retry.
        fileprivate static func answer(
            _ outcome: TLSSocket.Outcome, _ bio: OpaquePointer?, retry: Int32, _ moved: UnsafeMutablePointer<Int>?
        ) -> Int32 {
            BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
            switch outcome {
            case .moved(let count):
                moved?.pointee = count
                return 1
            case .wouldBlock:
                BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY)
                return -1
            case .ended: return 0
            case .failed: return -1
            }
        }
    }

    private func read(
        _ bio: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ count: Int, _ moved: UnsafeMutablePointer<Int>?
    ) -> Int32 {
        guard let socket = TLSSocketBIO.socket(of: bio) else { return -1 }
        let outcome = socket.receiveInPieces(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
        return TLSSocketBIO.answer(outcome, bio, retry: BIO_FLAGS_READ, moved)
    }

    private func write(
        _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int, _ moved: UnsafeMutablePointer<Int>?
    ) -> Int32 {
        guard let socket = TLSSocketBIO.socket(of: bio) else { return -1 }
        let outcome = socket.send(UnsafeRawBufferPointer(start: bytes, count: count))
        return TLSSocketBIO.answer(outcome, bio, retry: BIO_FLAGS_WRITE, moved)
    }

    private func control(_ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ data: UnsafeMutableRawPointer?)
        -> Int
    {
        switch command {
        case BIO_CTRL_FLUSH, BIO_CTRL_DUP: 1
        case BIO_CTRL_EOF: TLSSocketBIO.socket(of: bio)?.isAtEnd == true ? 1 : 0
        default: 0
        }
    }
#endif
