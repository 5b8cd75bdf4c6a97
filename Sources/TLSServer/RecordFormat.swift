#if TLS
    /// How TLS 1.3 lays out what travels after the handshake (RFC 8446, 5.1 and 5.2). Sizes are in bytes.
    enum RecordFormat {
        /// Type, version and length, in the clear.
        static let headerSize = 5
        static let tagSize = 16
        /// The largest content of one record.
        static let maximumContent = 1 << 14
        /// The largest that may follow a header: content, its type, padding and tag.
        static let maximumSealed = maximumContent + 256
        /// What a record is larger than its content, when it has no padding.
        static let overhead = headerSize + 1 + tagSize

        /// What a record's header says.
        enum Header: Equatable {
            /// So many bytes follow.
            case sealed(Int)
            /// More of it has to come.
            case incomplete
            /// The end of the connection, with this alert.
            case refused(Alert)
        }

        /// - Parameter bytes: begins with a header, or a part of one.
        static func header(of bytes: UnsafeRawBufferPointer) -> Header {
            guard bytes.count >= headerSize else { return .incomplete }
            // Whatever is inside, outside it is application data, and the version is a fixed one that nobody looks at.
            guard bytes[0] == ContentType.applicationData.rawValue else { return .refused(.unexpectedMessage) }
            let length = Int(bytes[3]) << 8 | Int(bytes[4])
            if length > maximumSealed { return .refused(.recordOverflow) }
            if length <= tagSize { return .refused(.decodeError) }
            return .sealed(length)
        }

        static func putHeader(sealed count: Int, at target: UnsafeMutableRawPointer) {
            target.storeBytes(of: ContentType.applicationData.rawValue, as: UInt8.self)
            // The version of TLS 1.2, for the sake of old boxes on the way.
            target.storeBytes(of: UInt16(0x0303).bigEndian, toByteOffset: 1, as: UInt16.self)
            target.storeBytes(of: UInt16(truncatingIfNeeded: count).bigEndian, toByteOffset: 3, as: UInt16.self)
        }
    }

    /// What a record carries (RFC 8446, 5.1).
    enum ContentType: UInt8 {
        case alert = 21
        case handshake = 22
        case applicationData = 23
    }

    /// The alerts that we send (RFC 8446, 6).
    enum Alert: UInt8 {
        case closeNotify = 0
        case unexpectedMessage = 10
        case badRecordMAC = 20
        case recordOverflow = 22
        case decodeError = 50
        case internalError = 80

        /// What is wrong, for people.
        var reason: String {
            switch self {
            case .closeNotify: "it ended the connection"
            case .unexpectedMessage: "a message came where none may come"
            case .badRecordMAC: "a record was damaged or not made with the connection's key"
            case .recordOverflow: "a record is too large"
            case .decodeError: "a message can't be read"
            case .internalError: "the keys could not be updated"
            }
        }
    }

    extension UnsafeRawBufferPointer {
        static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
    }
#endif
