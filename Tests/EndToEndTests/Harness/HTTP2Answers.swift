import Foundation
import TestSupport

/// What came back on one connection of HTTP/2, stream by stream.
struct HTTP2Answers: CustomStringConvertible {
    struct Stream {
        /// 0 while there is none.
        var status = 0
        /// The response's end was there.
        var isWhole = false
        /// Of a RST_STREAM.
        var resetCode: UInt32?
    }

    private(set) var streams: [UInt32: Stream] = [:]
    /// The last GOAWAY's; nil when the connection ended without one.
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
