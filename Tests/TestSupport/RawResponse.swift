/// A response in a test, parsed without the server's own code.
package struct RawResponse: Equatable, Sendable {
    package let version: String
    package let status: Int
    /// The fields by lower-case name. Repeated fields are joined with a comma.
    package let fields: [String: String]
    package var body: [UInt8] = []

    /// Nil if the head is malformed.
    init?(head: String) {
        // CRLF is one Character.
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
