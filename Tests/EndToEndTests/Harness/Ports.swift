import Foundation
import Synchronization

/// Free loopback ports.
enum Ports {
    /// Below the kernel's range for outgoing connections. Such a connection could take a worker's port between two
    /// runs. `UNDERSTUDY_TEST_PORTS`, such as `12000-21499`, keeps processes with tests apart that run at once.
    private static let range: ClosedRange<UInt16> = {
        let text = ProcessInfo.processInfo.environment["UNDERSTUDY_TEST_PORTS"] ?? ""
        let bounds = text.split(separator: "-").compactMap { UInt16($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return 12_000...31_000 }
        return bounds[0]...bounds[1]
    }()
    /// A test may not use its ports at once or all the time, so no other test gets one of these.
    private static let given = Mutex<Set<UInt16>>([])

    /// Returns different free ports in ascending order.
    static func free(_ count: Int) throws -> [UInt16] {
        try given.withLock { given in
            var found: Set<UInt16> = []
            for _ in 0..<10_000 where found.count < count {
                let port = UInt16.random(in: range)
                if !given.contains(port) && isFree(port) { found.insert(port) }
            }
            guard found.count == count else { throw HarnessError("this host has no \(count) free ports in \(range)") }
            given.formUnion(found)
            return found.sorted()
        }
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return LoopbackAddress.with(port: port) { bind(descriptor, $0, $1) } == 0
    }
}

/// 127.0.0.1 in the format of system calls.
enum LoopbackAddress {
    static func with<Result>(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
