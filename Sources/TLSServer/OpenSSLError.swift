#if TLS
    internal import COpenSSL

    /// Everything in OpenSSL's error queue of this thread, oldest first, as readable text.
    struct OpenSSLError: Error, Sendable, CustomStringConvertible {
        struct Entry: Sendable {
            let code: UInt
            let reason: String
            /// The detail that OpenSSL added (a file name, an expected value), if any.
            let data: String
        }

        let entries: [Entry]

        /// Takes the queue; it is empty afterwards, as it has to be before the next call that may fail.
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

        /// Whether the first failure has this reason of the SSL library.
        func has(reason: Int32) -> Bool {
            entries.contains { shim_err_library($0.code) == ERR_LIB_SSL && shim_err_reason($0.code) == reason }
        }

        /// The peer's alert, in OpenSSL's words, when it was an alert that ended the connection.
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
