private import Foundation

/// A blocking HTTP client. The test controls every byte of the request.
package final class RawClient: RawSocket {
    /// Connects to 127.0.0.1.
    ///
    /// - Parameters:
    ///   - receiveBuffer: SO_RCVBUF; a small value simulates a slow client.
    ///   - source: the last byte of the client's own address in 127.0.0.0/24; nil for the kernel's choice.
    package init(port: UInt16, receiveBuffer: Int32? = nil, source: UInt8? = nil) throws(RawSocketError) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        super.init(owning: descriptor)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        func call(_ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        if let source {
            address.sin_addr.s_addr = (UInt32(0x7F00_0000) + UInt32(source)).bigEndian
            guard call({ bind($0, $1, $2) }) == 0 else { throw .failed(errno) }
        }
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        guard call({ connect($0, $1, $2) }) == 0 else { throw .failed(errno) }
    }

    /// Takes ownership of a connected socket.
    package init(adopting descriptor: Int32) { super.init(owning: descriptor) }

    /// Sends a request and receives its response.
    package func exchange(
        _ method: String, _ target: String, fields: String = "", body: String? = nil
    ) throws(RawSocketError) -> RawResponse {
        try send(RawClient.request(method, target, fields: fields, body: body))
        return try receiveResponse(to: method)
    }

    /// A request as text.
    ///
    /// - Parameters:
    ///   - fields: whole lines, each with its CRLF.
    ///   - body: adds a Content-Length when given.
    package static func request(
        _ method: String, _ target: String, fields: String = "", body: String? = nil
    ) -> String {
        let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
        return "\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(fields)\(length)\r\n\(body ?? "")"
    }

    /// The next complete response. An interim response, such as 100, counts as a response.
    package func receiveResponse(to method: String = "GET") throws(RawSocketError) -> RawResponse {
        var response = try receiveHead()
        if method == "HEAD" || response.status < 200 || response.status == 204 || response.status == 304 {
            return response
        }
        if response.fields["transfer-encoding"] == "chunked" {
            while let chunk = try receiveChunk() { response.body += chunk }
        } else if let length = response.fields["content-length"] {
            guard let count = Int(length) else { throw .malformed(length) }
            response.body = try receive(count: count)
        } else {
            response.body = try receiveToEnd()
        }
        return response
    }

    /// The head of the next response. The body remains to be received.
    package func receiveHead() throws(RawSocketError) -> RawResponse {
        let text = try receive(until: "\r\n\r\n")
        guard let response = RawResponse(head: text) else { throw .malformed(text) }
        return response
    }

    /// The next chunk of a chunked body; nil for the last chunk.
    package func receiveChunk() throws(RawSocketError) -> [UInt8]? {
        let line = try receive(until: "\r\n")
        guard let size = Int(line.dropLast(1), radix: 16) else { throw .malformed(line) }
        let chunk = try receive(count: size)
        let end = try receive(until: "\r\n")
        guard end == "\r\n" else { throw .malformed(end) }
        return size == 0 ? nil : chunk
    }
}
