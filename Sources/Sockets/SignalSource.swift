private import CLinux
private import Glibc

/// Delivers signals as events of a loop. Create it before any other thread, so that no thread receives these signals.
package final class SignalSource: EventSource {
    private let descriptor: FileDescriptor
    package var handler: (Int32) -> Void

    /// Also ignores SIGPIPE for the whole process: a broken connection is then an error of the write.
    package init(_ signals: [Int32], on loop: EventLoop, handler: @escaping (Int32) -> Void) throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        self.handler = handler
        descriptor = FileDescriptor(
            owning: try SystemError.check("signalfd", clinux_signal_descriptor(signals, Int32(signals.count))))
        super.init()
        try loop.watch(self, descriptor: descriptor.rawValue, for: .readable)
    }

    package override func ready(_ readiness: Readiness) {
        while true {
            let number = clinux_next_signal(descriptor.rawValue)
            if number == 0 { return }
            handler(number)
        }
    }
}
