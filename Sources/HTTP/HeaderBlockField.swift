/// Checks that apply to every field of an HTTP/2 header block (RFC 9113 8.2).
enum HeaderBlockField {
    /// Checks a field that is not a pseudo-field.
    static func error(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
    ) -> HTTPError? {
        guard !name.isEmpty else { return .invalidFieldName }
        for byte in name {
            // Names are in lower case in HTTP/2 (RFC 9113 8.2.1).
            guard ByteSet.token.contains(byte), byte &- 0x41 >= 26 else { return .invalidFieldName }
        }
        return error(inValue: value)
    }

    static func isConnectionSpecific(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.count {
        case 7: name.isFieldName("upgrade")
        case 10: name.isFieldName("connection") || name.isFieldName("keep-alive")
        case 16: name.isFieldName("proxy-connection")
        case 17: name.isFieldName("transfer-encoding")
        default: false
        }
    }

    static func error(inValue value: UnsafeBufferPointer<UInt8>) -> HTTPError? {
        guard let base = value.baseAddress, let first = value.first, let last = value.last else { return nil }
        if ByteScan.isBlank(first) || ByteScan.isBlank(last) { return .whitespaceAroundValue }
        var index = 0
        while true {
            index = ByteScan.firstControl(base, from: index, to: value.count)
            if index == value.count { return nil }
            guard value[index] == ByteScan.tab else { return .controlByte }
            index &+= 1
        }
    }
}

extension TrailerSection {
    /// Adds a field of an HTTP/2 trailer section.
    ///
    /// - Returns: the error if the section is malformed, otherwise nil.
    package mutating func take(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
    ) -> HTTPError? {
        if let error = HeaderBlockField.error(name: name, value: value) { return error }
        append(name: name, value: value)
        return nil
    }
}
