/// The result of a head parser for its input so far.
package enum ParseResult: Equatable, Sendable {
    /// The head is not complete, and its bytes so far are valid.
    case needMore
    /// The head is complete and takes `headLength` bytes, including an empty line before it.
    case complete(headLength: Int)
    /// The bytes are not an acceptable head. The recipient can't find the next message: respond and close the
    /// connection.
    case failed(HTTPError)
}
