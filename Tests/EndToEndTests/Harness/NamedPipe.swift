import Foundation

/// A named pipe in the place of a file. Its reader waits until the test writes.
final class NamedPipe {
    private let path: String

    /// Replaces the file at `path`.
    init(at path: String) throws {
        Files.remove(path)
        guard mkfifo(path, 0o600) == 0 else { throw HarnessError("no named pipe can be made at \(path)") }
        self.path = path
    }

    /// Waits until a process has opened the pipe to read. The process waits for the content and for its end.
    func awaitReader() throws -> FileHandle {
        var descriptor: Int32 = -1
        try waitUntil("\(path) is read") {
            descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            return descriptor >= 0
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}

extension FileHandle {
    /// Gives the reader of a pipe the rest of the content.
    func finish(with text: String) throws {
        try write(contentsOf: Data(text.utf8))
        try close()
    }
}
