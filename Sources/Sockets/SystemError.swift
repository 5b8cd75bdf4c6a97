private import Glibc

/// A failed system call: which one, and errno.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    public let operation: StaticString
    public let code: Int32

    public init(_ operation: StaticString, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// Takes the code from errno: to be made right after the call that failed.
    public init(_ operation: StaticString) {
        self.init(operation, code: errno)
    }

    public var description: String { "\(operation): \(message)" }

    /// What strerror(3) says of the code.
    public var message: String { String(cString: strerror(code)) }

    public static func == (one: SystemError, other: SystemError) -> Bool {
        one.code == other.code
    }

    /// The result of a system call that is repeated when a signal interrupts it; -1 becomes an error.
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
