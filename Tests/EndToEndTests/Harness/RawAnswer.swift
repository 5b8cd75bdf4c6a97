import Foundation

/// The bytes received on one connection, parsed as responses.
struct RawAnswer: CustomStringConvertible {
    struct Response {
        var status: Int
        /// Names in lower case.
        var fields: [(name: String, value: String)]
        var content: String
        /// The response is complete. False if the connection ended earlier or if the content is malformed.
        var isWhole: Bool

        func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    }

    let bytes: Data

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var description: String { escaped(bytes) }

    /// The statuses of all responses. No content in the tests has a line like a status line.
    var statuses: [Int] {
        text.components(separatedBy: "\r\n").filter { $0.hasPrefix("HTTP/1.1 ") }.compactMap {
            Int($0.dropFirst(9).prefix(3))
        }
    }

    /// The responses in order, as a client would read them, without interim ones.
    ///
    /// - Parameter methods: the methods of the requests, in order.
    func responses(to methods: [String]) -> [Response] {
        var found: [Response] = []
        var rest = bytes[...]
        while found.count < methods.count, let end = rest.range(of: Data("\r\n\r\n".utf8)) {
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
            rest = rest[end.upperBound...]
            let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
            if (100..<200).contains(status), status != 101 { continue }
            let fields = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return (
                    name: parts[0].lowercased(), value: parts.dropFirst().joined().trimmingCharacters(in: .whitespaces)
                )
            }
            var response = Response(status: status, fields: Array(fields), content: "", isWhole: true)
            if methods[found.count] != "HEAD", status != 204, status != 304 { take(&rest, &response) }
            found.append(response)
        }
        return found
    }

    private func take(_ rest: inout Data.SubSequence, _ response: inout Response) {
        if let length = response.values("content-length").first.flatMap({ Int($0) }) {
            response.isWhole = rest.count >= length
            response.content = String(decoding: rest.prefix(length), as: UTF8.self)
            rest = rest.dropFirst(length)
            return
        }
        while response.isWhole {
            guard let end = rest.range(of: Data("\r\n".utf8)),
                let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16)
            else {
                response.isWhole = false
                return
            }
            rest = rest[end.upperBound...]
            response.isWhole = rest.count >= size + 2
            response.content += String(decoding: rest.prefix(size), as: UTF8.self)
            rest = rest.dropFirst(size + 2)
            if size == 0 { return }
        }
    }
}
