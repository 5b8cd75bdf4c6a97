/// The result of a health check of the application behind a worker.
package enum ApplicationVerdict: Sendable, Equatable {
    case healthy
    /// The text is a sentence without its full stop: `the application ...`.
    case ill(String)
}
