/// Ends the process with what was violated: the fuzzer keeps the input that did it.
func check(_ holds: Bool, _ law: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) {
    if !holds { fatalError(law(), file: file, line: line) }
}

/// The input of one run: a few bytes at its end steer the target, the rest is what the peer sends.
///
/// The steering stands at the end, so that the seeds begin like the protocol that they are of.
struct FuzzedInput {
    let bytes: [UInt8]
    private var steering: ArraySlice<UInt8>

    /// - Parameter steeringCount: how many bytes steer; an input that has fewer sends nothing.
    init(_ start: UnsafePointer<UInt8>?, _ count: Int, steeringCount: Int) {
        let all = Array(UnsafeBufferPointer(start: start, count: count))
        bytes = Array(all.dropLast(steeringCount))
        steering = all.suffix(steeringCount)
    }

    /// The next steering byte, 0 when all are used.
    mutating func steer() -> Int { Int(steering.popFirst() ?? 0) }

    /// Where the bytes are cut, by two steering bytes for each cut.
    mutating func cuts(_ count: Int) -> [Int] {
        (0..<count).map { _ in (steer() << 8 | steer()) % (bytes.count + 1) }.sorted()
    }
}
