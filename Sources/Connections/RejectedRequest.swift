/// A request that reached no exchange.
package struct RejectedRequest {
    package let peerHost: String
    /// The received part of its head, and perhaps of the bytes after it; empty if it is not stored. Valid during the
    /// call only.
    package let head: UnsafeBufferPointer<UInt8>
    /// The status of the response; 0 for a reset stream.
    package let status: UInt16
    /// The content bytes of the response.
    package let contentBytes: Int
}
