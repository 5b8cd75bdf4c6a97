internal import HTTP

/// The field with which a worker refuses a request of an older reign: `understudy-fenced: EPOCH`, on a 409.
enum FencedField {
    static func epoch(of head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt64? {
        for field in head.fields where field.known == .understudy {
            let name = field.name.in(bytes)
            guard name.isFieldName("understudy-fenced") else { continue }
            return UInt64(String(decoding: field.value.in(bytes), as: UTF8.self))
        }
        return nil
    }
}
