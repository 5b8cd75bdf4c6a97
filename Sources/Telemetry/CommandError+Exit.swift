private import Glibc

extension CommandError {
    /// Writes the error to standard error and ends the process.
    package func exitProcess(of program: String) -> Never {
        CommandError.say("\(program): \(description)")
        exit(exitStatus)
    }

    /// If the process has a log, a full standard error does not delay its end.
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        if let log = ProcessLog.shared {
            log.write(bytes)
        } else {
            _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }
}
