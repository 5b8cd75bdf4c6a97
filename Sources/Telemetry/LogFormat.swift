/// The form of the lines of the process log and of the access log (`--log-format`).
package enum LogFormat: String, Sendable, CaseIterable {
    /// `key=value`, for people and for grep.
    case text
    /// One JSON object in each line (RFC 8259), for programs.
    case json
}
