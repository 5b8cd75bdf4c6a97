private import Glibc

/// Writes whole lines to a descriptor that may be slow, full or closed. Lines that it does not accept are lost, and the
/// caller counts them.
struct LineOutput {
    private static let newline = UInt8(ascii: "\n")

    var descriptor: Int32 {
        didSet { isTorn = false }
    }
    /// The output ends with an incomplete line.
    private var isTorn = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes a batch of whole lines, and waits for a slow reader.
    ///
    /// - Returns: the number of lines that were lost, in part or whole.
    mutating func write(_ batch: [UInt8]) -> Int {
        // A newline ends the incomplete line first. Otherwise the next line would be appended to it.
        if isTorn { isTorn = !put([LineOutput.newline][...]).isEmpty }
        let rest = isTorn ? batch[...] : put(batch[...])
        isTorn = isTorn || (rest.startIndex > 0 && batch[rest.startIndex - 1] != LineOutput.newline)
        return rest.count { $0 == LineOutput.newline }
    }

    /// Writes as many bytes as possible and returns the rest.
    private func put(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Another process has made the shared descriptor non-blocking.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wanted, 1, -1)
            } else if errno != EINTR {
                break
            }
        }
        return rest
    }
}
