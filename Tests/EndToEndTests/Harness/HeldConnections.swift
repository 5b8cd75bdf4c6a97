/// `Tests/Tools/hold_connections.py`: many silent connections.
final class HeldConnections {
    private let process: SpawnedProcess
    private let output: String

    /// Waits until each connection has been opened once.
    ///
    /// - Parameter credentials: the path of a node's certificate and key without their endings; nil for connections
    ///   without a handshake.
    init(_ count: Int, at port: UInt16, credentials: String? = nil, in folder: String) throws {
        let output = "\(folder)/held-\(port)"
        self.output = output
        let certificate = credentials.map { ["\($0).pem", "\($0).key"] } ?? []
        process = try SpawnedProcess(
            "python3", ["\(Files.packageRoot)/Tests/Tools/hold_connections.py", "\(port)", "\(count)"] + certificate,
            output: output)
        try waitUntil("\(count) connections to \(port) are held; it says: \(Files.text(output))") { rounds > 0 }
    }

    /// The number of times that all connections have been opened.
    var rounds: Int { Files.text(output).split(separator: "\n").count { $0 == "held" } }

    func end() { process.end() }

    deinit { process.end() }
}
