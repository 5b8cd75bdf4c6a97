#if TLS
    /// The layout of TLS 1.3 records after the handshake (RFC 8446, 5.1 and 5.2). Sizes are in bytes.
    enum RecordFormat {
        /// Type, version and length, unencrypted.
        static let headerSize = 5
        static let tagSize = 16
        /// The largest content of one record.
        static let maximumContent = 1 << 14
        /// The largest length after a header: content, its type, padding and tag.
        static let maximumSealed = maximumContent + 256
        /// The difference between a record's size and its content's size, without padding.
        static let overhead = headerSize + 1 + tagSize

        /// The result of parsing a record header.
        enum Header: Equatable {
            /// The number of bytes that follow the header.
            case sealed(Int)
            /// The header needs more bytes.
            case incomplete
            /// The connection ends with this alert.
            case refused(Alert)
        }

        /// - Parameter bytes: begins with a header or a part of one.
        static func header(of bytes: UnsafeRawBufferPointer) -> Header {
            guard bytes.count >= headerSize else { return .incomplete }
            // The outer type is always application data. The version is fixed, and RFC 8446 requires receivers to
            // ignore it.
            guard bytes[0] == ContentType.applicationData.rawValue else { return .refused(.unexpectedMessage) }
            let length = Int(bytes[3]) << 8 | Int(bytes[4])
            if length > maximumSealed { return .refused(.recordOverflow) }
            // No key makes a record this short. A record with a tag only is decrypted: it lacks a type (RFC 8446, 5.4).
            if length < tagSize { return .refused(.badRecordMAC) }
            return .sealed(length)
        }

        static func putHeader(sealed count: Int, at target: UnsafeMutableRawPointer) {
            target.storeBytes(of: ContentType.applicationData.rawValue, as: UInt8.self)
            // The version of TLS 1.2, for compatibility with old middleboxes.
            target.storeBytes(of: UInt16(0x0303).bigEndian, toByteOffset: 1, as: UInt16.self)
            target.storeBytes(of: UInt16(truncatingIfNeeded: count).bigEndian, toByteOffset: 3, as: UInt16.self)
        }
    }

    /// The type of a record's content (RFC 8446, 5.1).
    enum ContentType: UInt8 {
        case alert = 21
        case handshake = 22
        case applicationData = 23
    }

    /// The alerts that this side sends (RFC 8446, 6).
    enum Alert: UInt8 {
        case closeNotify = 0
        case unexpectedMessage = 10
        case badRecordMAC = 20
        case recordOverflow = 22
        case illegalParameter = 47
        case decodeError = 50
        case internalError = 80

        /// The reason of the alert, as text for messages.
        var reason: String {
            switch self {
            case .closeNotify: "it ended the connection"
            case .unexpectedMessage: "a message came where none may come"
            case .badRecordMAC: "a record was damaged or not made with the connection's key"
            case .recordOverflow: "a record is too large"
            case .illegalParameter: "a message has a value that there is not"
            case .decodeError: "a message can't be read"
            case .internalError: "the keys could not be updated"
            }
        }
    }

    extension UnsafeRawBufferPointer {
        static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
    }
#endif
