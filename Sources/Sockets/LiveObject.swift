private import Synchronization

/// Counts its owner among the live objects of a loop, in debug builds. Tests use the count to find leaks.
///
/// An owner holds one from `init` on. In release builds this type is empty and does nothing.
package struct LiveObject: ~Copyable {
    #if DEBUG
        private let census: Census
        private let type: String

        package init(_ type: Any.Type, on loop: EventLoop) {
            census = loop.census
            self.type = "\(type)"
            census.add(1, of: self.type)
        }

        deinit { census.add(-1, of: type) }
    #else
        @inline(__always)
        package init(_ type: Any.Type, on loop: EventLoop) {}
    #endif
}

/// The live objects of one loop, by the name of their type. Callable from any thread.
final class Census: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func add(_ amount: Int, of type: String) {
        counts.withLock { $0[type, default: 0] += amount }
    }

    var live: [String: Int] { counts.withLock { $0.filter { $0.value != 0 } } }
}

extension EventLoop {
    /// The number of live objects of each type on this loop; empty in release builds.
    package var liveObjects: [String: Int] { census.live }
}
