import Foundation

/// Waits for a condition by polling.
enum Patience {
    /// The limit affects failing tests only, so it may be long.
    static let seconds = 40.0 * Sanitizer.patience
    private static let pollMicroseconds: UInt32 = 10_000

    /// Checks every 10 ms, and once more after the deadline.
    ///
    /// - Returns: true if `condition` became true in time.
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
/// - Throws: `HarnessError` with the awaited condition and its place in the code.
func waitUntil(
    _ what: @autoclosure () -> String, seconds: Double = Patience.seconds, file: StaticString = #fileID,
    line: UInt = #line, _ condition: () throws -> Bool
) throws {
    guard try Patience.until(seconds: seconds, condition) else {
        throw HarnessError("\(file):\(line): waited \(seconds) s until \(what()): it did not happen")
    }
}
