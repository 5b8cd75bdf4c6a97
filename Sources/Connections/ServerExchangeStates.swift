/// The states of the two halves.
extension ServerExchange {
    /// The client's direction of a stream.
    enum Direction: Equatable { case open, ended }

    enum Request: Equatable {
        case none
        /// Content arrives, or has arrived and waits for a service that paused.
        case content(Direction)
        /// The response is complete. The rest of the content is read and dropped; `swallowed` counts its bytes.
        case unwanted(swallowed: Int)
        /// The request is complete.
        case whole
        /// A request for a tunnel. Bytes after its head wait for the answer.
        case held(Direction)
        case tunnel(Direction)
        case tunnelEnded
    }

    /// The content that the head of the response announces.
    enum Content: Equatable {
        /// None, even if the service writes some: the response to a HEAD, 204 or 304.
        case none
        /// Exactly this many more bytes.
        case counted(left: UInt64)
        case unbounded
    }

    enum Response: Equatable {
        case none
        case head
        case content(Content)
        case ended
        case tunnelHead
        case tunnel
        case tunnelEnded
    }

    enum Answerer { case nobody, service, server }
}
