/// Ends the process with a message if a law is violated. The fuzzer then keeps the input.
func check(_ holds: Bool, _ law: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) {
    if !holds { fatalError(law(), file: file, line: line) }
}

/// The input of one run: a few bytes at its end control the target, and the rest is the peer's data.
///
/// The control bytes come last, so that the seeds begin like their protocol.
struct FuzzedInput {
    let bytes: [UInt8]
    private var steering: ArraySlice<UInt8>

    /// - Parameter steeringCount: number of control bytes. A shorter input contains no data from the peer.
    init(_ start: UnsafePointer<UInt8>?, _ count: Int, steeringCount: Int) {
        let all = Array(UnsafeBufferPointer(start: start, count: count))
        bytes = Array(all.dropLast(steeringCount))
        steering = all.suffix(steeringCount)
    }

    /// The next control byte; 0 after the last one.
    mutating func steer() -> Int { Int(steering.popFirst() ?? 0) }

    /// Offsets at which the data is split. Each offset uses two control bytes.
    mutating func cuts(_ count: Int) -> [Int] {
        (0..<count).map { _ in (steer() << 8 | steer()) % (bytes.count + 1) }.sorted()
    }
}
