#if TLS
    internal import COpenSSL
    private import Glibc

    /// The secrets that an OpenSSL handshake passes to the record layer after it.
    ///
    /// Two callbacks of OpenSSL provide them. One emits secrets in the format of SSLKEYLOGFILE, which is meant for
    /// traffic analysis. The other shows each message of the handshake. The secrets are never written to a file.
    struct TLSSecrets {
        private var client: [UInt8] = []
        private var server: [UInt8] = []
        /// The number of messages that OpenSSL sent under the server's secret. Each is a record of its own.
        private(set) var ticketsSent: UInt64 = 0

        /// The server's Finished has passed. The following secrets are the required ones.
        private(set) var isFinished = false

        /// The secret of the server's or the client's records; empty if unknown.
        subscript(server isServer: Bool) -> [UInt8] { isServer ? server : client }

        /// Overwrites the secrets in memory.
        mutating func erase() {
            client.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
            server.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        }

        /// Call this once for each context.
        static func prepare(_ context: OpaquePointer) {
            SSL_CTX_set_msg_callback(context, message)
        }

        /// Attaches `session` to the callbacks of its handshake. The session frees its SSL before itself.
        static func collect(for session: TLSSession) {
            SSL_set_ex_data(session.pointer, 0, Unmanaged.passUnretained(session).toOpaque())
        }

        /// Call this before each step of a handshake. OpenSSL needs 50,000 instructions to format a secret, so the
        /// callback is set only while the required secrets appear. The context belongs to one thread, so only one step
        /// runs at a time.
        func listen(on session: OpaquePointer) {
            SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(session), isFinished ? keyLine : nil)
        }

        static func session(of pointer: OpaquePointer?) -> TLSSession? {
            guard let pointer, let data = SSL_get_ex_data(pointer, 0) else { return nil }
            return Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
        }

        fileprivate mutating func passed(messageType: Int32, isSent: Bool, on session: OpaquePointer) {
            let isServers = isSent == (SSL_is_server(session) == 1)
            switch messageType {
            case SSL3_MT_FINISHED where isServers && !isFinished:
                isFinished = true
                listen(on: session)
            case SSL3_MT_NEWSESSION_TICKET where isSent: ticketsSent += 1
            default: break
            }
        }

        /// - Parameter line: a label, the client's random bytes and the secret. The last two are hexadecimal.
        fileprivate mutating func take(_ line: UnsafePointer<CChar>) {
            let text = UnsafeBufferPointer(start: line, count: strlen(line))
            let isServer: Bool
            if starts(text, with: "SERVER_TRAFFIC_SECRET_0 ") {
                isServer = true
            } else if starts(text, with: "CLIENT_TRAFFIC_SECRET_0 ") {
                isServer = false
            } else {
                return
            }
            guard let space = text.lastIndex(of: CChar(UInt8(ascii: " "))) else { return }
            let digits = text[(space + 1)...]
            var bytes: [UInt8] = []
            bytes.reserveCapacity(digits.count / 2)
            var high: UInt8?
            for digit in digits {
                guard let value = value(of: UInt8(bitPattern: digit)) else { return }
                if let upper = high {
                    bytes.append(upper << 4 | value)
                    high = nil
                } else {
                    high = value
                }
            }
            if isServer { server = bytes } else { client = bytes }
        }

        private func starts(_ text: UnsafeBufferPointer<CChar>, with label: StaticString) -> Bool {
            guard text.count > label.utf8CodeUnitCount, let start = text.baseAddress else { return false }
            return memcmp(start, label.utf8Start, label.utf8CodeUnitCount) == 0
        }

        private func value(of digit: UInt8) -> UInt8? {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
    }

    private func keyLine(_ session: OpaquePointer?, _ line: UnsafePointer<CChar>?) {
        guard let line else { return }
        TLSSecrets.session(of: session)?.secrets.take(line)
    }

    private func message(
        _ isSent: Int32, _ version: Int32, _ type: Int32, _ bytes: UnsafeRawPointer?, _ count: Int,
        _ session: OpaquePointer?, _ argument: UnsafeMutableRawPointer?
    ) {
        guard let session, let bytes, count > 0 else { return }
        if type == SSL3_RT_ALERT && isSent == 1 { TLSSecrets.session(of: session)?.alertPassed() }
        guard type == SSL3_RT_HANDSHAKE else { return }
        TLSSecrets.session(of: session)?.secrets.passed(
            messageType: Int32(bytes.load(as: UInt8.self)), isSent: isSent == 1, on: session)
    }
#endif
