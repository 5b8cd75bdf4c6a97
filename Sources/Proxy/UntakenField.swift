internal import HTTP

/// The field with which a worker says that its application has seen nothing of a request, so that any other worker may have it:
/// `understudy-untaken: 1`, on an error of its own.
enum UntakenField {
    static let name: StaticString = "understudy-untaken"

    static func stands(in head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        head.fields.contains { $0.known == .understudy && $0.name.in(bytes).isFieldName(name) }
    }
}
