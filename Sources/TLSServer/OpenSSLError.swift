#if TLS
    internal import COpenSSL

    /// All entries of this thread's OpenSSL error queue, oldest first, as readable text.
    struct OpenSSLError: Error, Sendable, CustomStringConvertible {
        struct Entry: Sendable {
            let code: UInt
            let reason: String
            /// The detail of the OpenSSL error (a file name, an expected value), if there is one.
            let data: String
        }

        let entries: [Entry]

        /// Empties the error queue and returns its entries. The queue must be empty before the next call that may fail.
        static func drain() -> OpenSSLError {
            var entries: [Entry] = []
            var data: UnsafePointer<CChar>?
            var flags: Int32 = 0
            while true {
                let code = shim_err_get_error(&data, &flags)
                if code == 0 { break }
                let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
                let isText = flags & Int32(ERR_TXT_STRING) != 0
                let detail = isText ? data.map { String(cString: $0) } ?? "" : ""
                entries.append(Entry(code: code, reason: reason, data: detail))
            }
            return OpenSSLError(entries: entries)
        }

        /// Returns whether the first error has this reason code of the SSL library.
        func has(reason: Int32) -> Bool {
            entries.contains { shim_err_library($0.code) == ERR_LIB_SSL && shim_err_reason($0.code) == reason }
        }

        /// OpenSSL's name for the peer's alert, if an alert of the peer ended the connection.
        var alert: String? {
            entries.first {
                shim_err_library($0.code) == ERR_LIB_SSL && shim_err_reason($0.code) >= SSL_AD_REASON_OFFSET
            }?.reason
        }

        var description: String {
            guard !entries.isEmpty else { return "unknown TLS error" }
            return entries.map { $0.data.isEmpty ? $0.reason : "\($0.reason) (\($0.data))" }.joined(separator: "; ")
        }
    }
#endif
