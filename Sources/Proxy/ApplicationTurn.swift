internal import Connections
internal import HTTP

/// The admission of one request of a worker to the connections to its HTTP/1.1 application, which are few.
///
/// A request with content waits until a part of it has come, so that a client without content costs the application
/// nothing. Its source then gets a place within its share.
struct ApplicationTurn: ~Copyable {
    private var source: SourceKey?
    private var waitsForContent = false
    private var hasPlace = false

    /// A request begins.
    ///
    /// - Parameter places: nil if there is no limit; then nothing waits.
    /// - Returns: true if the request waits for its content.
    mutating func begin(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, for places: SourceShares?
    ) -> Bool {
        guard let places else { return false }
        // The application decides whether the client may send its content.
        waitsForContent = head.framing != .none && !head.expectsContinue
        // Few requests compete for nothing, so their sources do not count.
        let counts = waitsForContent || places.used >= places.limit / 4
        source = counts ? SourceKey(forwardedIn: head, bytes) : nil
        return waitsForContent
    }

    /// Content has come, or the request is complete.
    ///
    /// - Returns: true if the request has waited for that.
    mutating func isDue() -> Bool {
        guard waitsForContent else { return false }
        waitsForContent = false
        return true
    }

    /// Takes a place, unless the request has one.
    ///
    /// - Returns: false if there is none for its source.
    mutating func enter(_ places: SourceShares?) -> Bool {
        guard let places, !hasPlace else { return true }
        hasPlace = places.reserve(1, for: source)
        return hasPlace
    }

    /// The request has ended, in any way.
    mutating func leave(_ places: SourceShares?) {
        waitsForContent = false
        guard hasPlace else { return }
        hasPlace = false
        places?.release(1, of: source)
    }
}
