/// Why a parser rejects bytes, with one case for each reason that a log or a test distinguishes.
///
/// The sender of the bytes is at fault in every case. `status` is the response to a client. If a worker's response is
/// invalid, the client receives a 502 in every case.
package enum HTTPError: UInt8, Error, Equatable, Sendable, CaseIterable {
    // Lines, in any section
    case bareCarriageReturn, bareLineFeed, controlByte

    // Request line
    case emptyStartLine, malformedRequestLine, requestLineTooLong
    case invalidMethod, methodTooLong, connectNotSupported
    case invalidTarget, invalidTargetAuthority, unsupportedVersion

    // Status line
    case malformedStatusLine

    // Fields
    case headTooLarge, tooManyFields
    case missingColon, invalidFieldName, whitespaceBeforeColon, obsoleteFold, ambiguousFieldName
    case missingHost, repeatedHost, invalidHost
    // Only in HTTP/2
    case invalidPseudoField, connectionSpecificField, whitespaceAroundValue, hostDiffersFromAuthority
    case invalidConnection, tooManyConnectionOptions, unknownExpectation

    // Framing
    case invalidContentLength, contentLengthTooLarge, repeatedContentLength
    case contentLengthWithTransferEncoding
    case repeatedTransferEncoding, unsupportedTransferCoding, transferEncodingInOldVersion

    // Chunked content
    case invalidChunkSize, chunkSizeTooLarge, invalidChunkExtension, chunkLineTooLong, chunkExtensionsTooLong
    case missingChunkEnd, trailerTooLarge

    // Responses
    case tooManyInterimResponses, unexpectedSwitch

    /// The status of the response to the request.
    package var status: UInt16 {
        switch self {
        case .requestLineTooLong: 414
        case .headTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .contentLengthTooLarge, .chunkSizeTooLarge: 413
        case .unknownExpectation: 417
        // CONNECT: a 405 would have to list the methods that the resource allows (RFC 9110 15.5.6), and there is no
        // such resource.
        case .methodTooLong, .connectNotSupported, .unsupportedTransferCoding: 501
        case .malformedStatusLine, .tooManyInterimResponses, .unexpectedSwitch: 502
        case .unsupportedVersion: 505
        default: 400
        }
    }

    /// One line of text for a log or for a response's content.
    package var reason: StaticString {
        switch self {
        case .bareCarriageReturn: "carriage return without line feed"
        case .bareLineFeed: "line feed without carriage return"
        case .controlByte: "control byte in the head"
        case .emptyStartLine: "empty line instead of a start line"
        case .malformedRequestLine: "malformed request line"
        case .requestLineTooLong: "request line too long"
        case .invalidMethod: "invalid method"
        case .methodTooLong: "method name too long"
        case .connectNotSupported: "CONNECT is not supported"
        case .invalidTarget: "invalid request target"
        case .invalidTargetAuthority: "invalid authority in the request target"
        case .unsupportedVersion: "HTTP version not supported"
        case .malformedStatusLine: "malformed status line"
        case .headTooLarge: "head too large"
        case .tooManyFields: "too many fields"
        case .missingColon: "field line without a colon"
        case .invalidFieldName: "invalid field name"
        case .whitespaceBeforeColon: "white space before the colon of a field"
        case .obsoleteFold: "folded field line"
        case .ambiguousFieldName: "field name that others may take for a framing field"
        case .missingHost: "missing Host"
        case .repeatedHost: "repeated Host"
        case .invalidHost: "invalid Host"
        case .invalidPseudoField: "missing, repeated or invalid pseudo-field"
        case .connectionSpecificField: "field that belongs to a connection of HTTP/1.1"
        case .whitespaceAroundValue: "white space around a field's value"
        case .hostDiffersFromAuthority: "Host differs from :authority"
        case .invalidConnection: "invalid Connection"
        case .tooManyConnectionOptions: "too many options in Connection"
        case .unknownExpectation: "unknown expectation"
        case .invalidContentLength: "invalid Content-Length"
        case .contentLengthTooLarge: "Content-Length too large"
        case .repeatedContentLength: "repeated Content-Length"
        case .contentLengthWithTransferEncoding: "Content-Length together with Transfer-Encoding"
        case .repeatedTransferEncoding: "repeated Transfer-Encoding"
        case .unsupportedTransferCoding: "transfer coding other than chunked"
        case .transferEncodingInOldVersion: "Transfer-Encoding in HTTP/1.0"
        case .invalidChunkSize: "invalid chunk size"
        case .chunkSizeTooLarge: "chunk size too large"
        case .invalidChunkExtension: "invalid chunk extension"
        case .chunkLineTooLong: "chunk size line too long"
        case .chunkExtensionsTooLong: "too many chunk extensions"
        case .missingChunkEnd: "chunk content not followed by its end of line"
        case .trailerTooLarge: "trailer section too large"
        case .tooManyInterimResponses: "too many interim responses"
        case .unexpectedSwitch: "switch of protocols that nobody asked for, or not as it has to be"
        }
    }
}
