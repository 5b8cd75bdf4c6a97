/// The history of a client's closed streams, for the right error code of a faulty frame (RFC 9113 5.1). nghttp2 forgets
/// a stream when it closes.
///
/// A frame for a stream that this side has reset is no fault, because the client may not know of the reset yet. Any
/// other frame with content or fields for a closed stream is a fault. The history is bounded. For older resets it does
/// not know which side sent them. For older skipped ids it does not know that they never were streams.
struct StreamHistory {
    enum Past {
        /// This side reset the stream. Its frames are ignored.
        case givenUpByUs
        /// The client reset the stream.
        case givenUpByClient
        /// The stream has ended.
        case ended
        /// The id was skipped and can't become a stream (RFC 9113 5.1.1).
        case passedOver
    }

    /// More than the open streams of the default limit.
    private static let capacity = 256
    private static let gapCapacity = 8

    /// The highest stream id of the client. Its next id is at least 2 higher.
    private(set) var highest: Int32 = -1
    /// Streams beyond this one are ignored, as announced in a GOAWAY (RFC 9113 6.8).
    var lastTaken = Int32.max
    private var byUs = Ring<Int32>(capacity: StreamHistory.capacity)
    private var byClient = Ring<Int32>(capacity: StreamHistory.capacity)
    private var gaps = Ring<ClosedRange<Int32>>(capacity: StreamHistory.gapCapacity)

    /// The client begins a stream with a higher id than before.
    mutating func begin(_ stream: Int32) {
        let next = highest + 2
        if stream > next { gaps.append(next...(stream - 1)) }
        highest = stream
    }

    mutating func givenUpByUs(_ stream: Int32) {
        if !byUs.contains(where: { $0 == stream }) { byUs.append(stream) }
    }

    mutating func givenUpByClient(_ stream: Int32) { byClient.append(stream) }

    /// - Parameter stream: not above `highest`, and not open.
    func past(of stream: Int32) -> Past {
        if stream > lastTaken || byUs.contains(where: { $0 == stream }) { return .givenUpByUs }
        if byClient.contains(where: { $0 == stream }) { return .givenUpByClient }
        return gaps.contains { $0.contains(stream) } ? .passedOver : .ended
    }
}
