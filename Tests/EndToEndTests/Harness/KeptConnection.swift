import Foundation

/// One connection to the public port, over which a test sends HTTP/1.1 when it wants: `openssl s_client` with a pipe as its input,
/// or a plain socket in a build without TLS.
final class KeptConnection {
    #if TLS
        private let process: SpawnedProcess
        private let output: String
        private let input: FileHandle
    #else
        private let socket: PlainSocket
        private var received = Data()
    #endif

    init(_ cluster: TestCluster, named name: String) throws {
        #if TLS
            let pipe = "\(cluster.folder)/\(name).pipe"
            guard mkfifo(pipe, 0o600) == 0 else { throw HarnessError("no pipe \(pipe)") }
            // With both ends open here neither side waits for the other one.
            let descriptor = open(pipe, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { throw HarnessError("no pipe \(pipe)") }
            input = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            output = "\(cluster.folder)/\(name).output"
            process = try SpawnedProcess(
                "openssl", ["s_client", "-quiet", "-connect", "127.0.0.1:\(cluster.publicPort)"], input: pipe,
                output: output, errors: "\(output).errors")
        #else
            socket = try PlainSocket(port: cluster.publicPort)
        #endif
    }

    deinit { end() }

    func end() {
        #if TLS
            process.end()
        #else
            socket.finish()
        #endif
    }

    func send(_ text: String) throws {
        #if TLS
            try input.write(contentsOf: Data(text.utf8))
        #else
            socket.send(Data(text.utf8))
        #endif
    }

    /// All statuses so far, after `count` of them have come.
    func statuses(_ count: Int) throws -> [Int] {
        #if TLS
            try waitUntil("\(count) responses; so far: \(Files.text(output))") { statuses.count >= count }
        #else
            while statuses.count < count {
                guard let piece = socket.receive() else { break }
                received += piece
            }
        #endif
        return statuses
    }

    private var statuses: [Int] {
        #if TLS
            let text = Files.text(output)
        #else
            let text = String(decoding: received, as: UTF8.self)
        #endif
        return text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
    }
}
