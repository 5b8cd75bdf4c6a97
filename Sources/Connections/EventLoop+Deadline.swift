internal import Sockets

extension EventLoop {
    /// The instant `milliseconds` after the loop's present time, for a deadline.
    func now(plusMilliseconds milliseconds: Int) -> UInt64 {
        now &+ UInt64(clamping: milliseconds) &* 1_000_000
    }
}
