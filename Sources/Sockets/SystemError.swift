private import Glibc

/// A failed system call: its name and errno.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    public let operation: StaticString
    public let code: Int32

    public init(_ operation: StaticString, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// Takes the code from errno. Create it right after the failed call.
    public init(_ operation: StaticString) {
        self.init(operation, code: errno)
    }

    public var description: String { "\(operation): \(message)" }

    /// The text of strerror(3) for the code.
    public var message: String { String(cString: strerror(code)) }

    public static func == (one: SystemError, other: SystemError) -> Bool {
        one.code == other.code
    }

    /// Returns the result of a system call, which is repeated after an interruption by a signal. Throws if it is -1.
    @discardableResult
    public static func check(
        _ operation: StaticString, _ call: @autoclosure () -> Int32
    ) throws(SystemError) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            if errno != EINTR { throw SystemError(operation) }
        }
    }
}
