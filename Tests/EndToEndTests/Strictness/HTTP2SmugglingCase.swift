import TestSupport

/// An HTTP/2 request that a parser could read as another request, or as two, after its translation to HTTP/1.1.
///
/// Names and values are Latin-1, so that they can contain any byte. The path `/case` is followed by the case's number.
struct HTTP2SmugglingCase: Sendable {
    enum Outcome: Sendable {
        /// RST_STREAM, and no complete request behind the balancer.
        case reset
        /// This status, and no complete request behind the balancer.
        case refused(Int)
        /// 200, and exactly this request: method and target, then the fields, without the proxy's fields for every
        /// request.
        case served([String], content: String = "", trailers: [String] = [])
    }

    typealias Block = [(String, String)]

    var name: String
    /// The frames, for any stream id.
    var frames: [HTTP2Frame]
    var outcome: Outcome

    /// - Parameters:
    ///   - data: one frame each. The last one ends the stream if there are no trailers.
    ///   - trailers: nil for none.
    init(_ name: String, _ block: Block, data: [String] = [], trailers: Block? = nil, _ outcome: Outcome) {
        self.name = name
        self.outcome = outcome
        frames = [.headers(1, block, isEnd: data.isEmpty && trailers == nil)]
        for (index, text) in data.enumerated() {
            frames.append(.data(1, Array(text.utf8), isEnd: trailers == nil && index == data.count - 1))
        }
        if let trailers { frames.append(.headers(1, trailers)) }
    }

    init(_ name: String, frames: [HTTP2Frame], _ outcome: Outcome) {
        self.name = name
        self.frames = frames
        self.outcome = outcome
    }

    static let plain: Outcome = .served(["GET /case", "host: a"])

    /// The four pseudo-fields without the nil ones, and the other fields.
    static func head(
        _ method: String? = "GET", _ path: String? = "/case", scheme: String? = "https", authority: String? = "a",
        with fields: Block = []
    ) -> Block {
        let pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
        return pseudo.compactMap { name, value in value.map { (name, $0) } } + fields
    }

    /// A GET with one field.
    static func field(_ name: String, _ value: String, _ outcome: Outcome) -> Self {
        Self("\(name): \(value)".debugDescription, head(with: [(name, value)]), outcome)
    }

    /// A POST with these fields and this content.
    static func post(_ fields: Block, data: [String] = ["abcde"], trailers: Block? = nil, _ outcome: Outcome) -> Self {
        Self(
            "POST \(fields) \(data) \(trailers ?? [])", head("POST", with: fields), data: data, trailers: trailers,
            outcome)
    }

    /// The request has a length, and its head does not end it.
    var hasCountedContent: Bool {
        guard case .served(let lines, _, _) = outcome, let head = frames.first, !head.isEnd else { return false }
        return lines.contains { $0.hasPrefix("content-length: ") }
    }

    /// The frames on one stream, with the number in the path.
    func frames(on stream: UInt32, number: Int) -> [HTTP2Frame] {
        frames.map { frame in
            var frame = frame
            frame.stream = stream
            // The path is preceded by its length.
            let common: [UInt8] = [5] + Array(HTTP2SmugglingCase.path.utf8)
            let own = Array(HTTP2SmugglingCase.path(number).utf8)
            if frame.kind == HTTP2Frame.Kind.headers, let range = frame.payload.firstRange(of: common) {
                frame.payload.replaceSubrange(range, with: [UInt8(own.count)] + own)
            }
            return frame
        }
    }

    static let path = "/case"

    static func path(_ number: Int) -> String { "\(path)/\(number)" }
}
