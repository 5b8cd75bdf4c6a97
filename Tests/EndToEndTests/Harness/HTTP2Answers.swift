import Foundation
import TestSupport

/// The responses on one HTTP/2 connection, by stream.
struct HTTP2Answers: CustomStringConvertible {
    struct Stream {
        /// 0 until there is a status.
        var status = 0
        /// The end of the response has arrived.
        var isWhole = false
        /// The code of a RST_STREAM.
        var resetCode: UInt32?
    }

    private(set) var streams: [UInt32: Stream] = [:]
    /// The code of the last GOAWAY; nil if the connection ended without one.
    private(set) var goAwayCode: UInt32?
    private(set) var description = ""

    init(_ bytes: Data) {
        let inflater = HeaderInflater()
        var rest = Array(bytes)
        while let frame = HTTP2Frame.take(from: &rest) {
            var stream = streams[frame.stream] ?? Stream()
            switch frame.kind {
            case HTTP2Frame.Kind.headers:
                let status = inflater.fields(of: frame.payload)?.first { $0.name == ":status" }
                stream.status = status.flatMap { Int($0.value) } ?? stream.status
                stream.isWhole = frame.isEnd
            case HTTP2Frame.Kind.data: stream.isWhole = frame.isEnd
            case HTTP2Frame.Kind.resetStream: stream.resetCode = frame.number()
            case HTTP2Frame.Kind.goAway: goAwayCode = frame.number(at: 4)
            default: break
            }
            if frame.stream > 0 { streams[frame.stream] = stream }
            description += "\(frame.kind) on \(frame.stream), \(frame.payload.count) bytes; "
        }
    }

    subscript(_ stream: UInt32) -> Stream { streams[stream] ?? Stream() }
}
