private import Glibc

extension CommandError {
    /// Says what is wrong on standard error and ends the process.
    package func exitProcess(of program: String) -> Never {
        CommandError.say("\(program): \(description)")
        exit(exitStatus)
    }

    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
