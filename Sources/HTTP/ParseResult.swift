/// What a head parser says about the bytes that it was given.
package enum ParseResult: Equatable, Sendable {
    /// No error so far, and no end of the head either.
    case needMore
    /// The head is complete and takes `headLength` bytes, an empty line before it included.
    case complete(headLength: Int)
    /// The bytes can't be a head that we take. The connection's framing is lost: answer and close.
    case failed(HTTPError)
}
