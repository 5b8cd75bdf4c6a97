/// A response as a test sees it, read by code that shares nothing with the server's own.
package struct RawResponse: Equatable, Sendable {
    package let version: String
    package let status: Int
    /// By lower-cased name; repeated fields are joined with a comma.
    package let fields: [String: String]
    package var body: [UInt8] = []

    /// Nil when the head is not well formed.
    init?(head: String) {
        // A CRLF is one Character.
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let start = lines.removeFirst().split(separator: " ", maxSplits: 2)
        guard start.count >= 2, let status = Int(start[1]) else { return nil }
        version = String(start[0])
        self.status = status
        var fields: [String: String] = [:]
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields[name] = fields[name].map { "\($0), \(value)" } ?? String(value)
        }
        self.fields = fields
    }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
}
