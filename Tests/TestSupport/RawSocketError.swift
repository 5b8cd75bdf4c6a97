/// Why a test's socket failed.
package enum RawSocketError: Error, Equatable {
    /// The time limit passed without a received or sent byte.
    case timedOut
    /// The peer ended the stream too early, after these bytes.
    case ended(after: String)
    /// A system call failed with this errno.
    case failed(Int32)
    /// The received bytes are not a response.
    case malformed(String)
}
