/// Validates the content of `POST /write`: one line, with or without its newline.
enum LineContent {
    /// The line in `content`, without its newline.
    ///
    /// - Throws: `badContent` if the line is empty or contains CR, LF or NUL. The file is a list of lines, and NUL
    ///   breaks tools that read such lists.
    static func line(in content: UnsafeBufferPointer<UInt8>) throws(TaskRejection) -> UnsafeBufferPointer<UInt8> {
        var count = content.count
        if count > 0, content[count - 1] == UInt8(ascii: "\n") {
            count -= 1
            if count > 0, content[count - 1] == UInt8(ascii: "\r") { count -= 1 }
        }
        let line = UnsafeBufferPointer(rebasing: content[..<count])
        guard !line.isEmpty else { throw .badContent("the content must be one line that is not empty") }
        for byte in line where byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == 0 {
            throw .badContent("the content must be one line, without CR, LF or NUL inside")
        }
        return line
    }
}
