extension UnsafeBufferPointer<UInt8> {
    /// True when these bytes are the field name `name`, ignoring case (RFC 9110 5.1).
    ///
    /// - Parameter name: in lower case.
    package func isFieldName(_ name: StaticString) -> Bool {
        guard count == name.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            let byte = self[index]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if (isUpper ? byte | 0x20 : byte) != name.utf8Start[index] { return false }
        }
        return true
    }
}
