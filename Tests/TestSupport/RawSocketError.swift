/// Why a test's socket did not do what the test expected of it.
package enum RawSocketError: Error, Equatable {
    /// Nothing came, or could be sent, for longer than a test waits.
    case timedOut
    /// The peer ended the stream too early; what had come since was this.
    case ended(after: String)
    /// errno.
    case failed(Int32)
    /// What came is no response.
    case malformed(String)
}
