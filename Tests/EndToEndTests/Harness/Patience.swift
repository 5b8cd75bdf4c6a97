import Foundation

/// Waiting for something to become true, without knowing when.
enum Patience {
    /// Ends only tests that fail, so it may be long.
    static let seconds = 40.0 * Sanitizer.patience
    private static let pollMicroseconds: UInt32 = 10_000

    /// Asks every 10 ms, at least once after the deadline has passed.
    ///
    /// - Returns: whether `condition` became true in time.
    static func until(seconds limit: Double = seconds, _ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = Date(timeIntervalSinceNow: limit)
        while true {
            let isLast = Date() > deadline
            if try condition() { return true }
            if isLast { return false }
            usleep(pollMicroseconds)
        }
    }
}

/// Waits until `condition` holds.
///
/// - Throws: `HarnessError` that says what was waited for, and where.
func waitUntil(
    _ what: @autoclosure () -> String, seconds: Double = Patience.seconds, file: StaticString = #fileID,
    line: UInt = #line, _ condition: () throws -> Bool
) throws {
    guard try Patience.until(seconds: seconds, condition) else {
        throw HarnessError("\(file):\(line): waited \(seconds) s in vain until \(what())")
    }
}
