internal import ControlPlane
internal import Handover
internal import Logging
internal import Sockets

/// The listener for monitoring systems on other hosts (`--metrics-host`), during a reign.
///
/// A successor gets the socket as a `FurtherListener`, but no takeover waits for it: a scrape can wait. So a predecessor may
/// still have the address, or this host lacks it. Then the port tries again until its end, and the log says so once.
final class MetricsPort {
    private static let pauseMilliseconds = 500

    private let address: SocketAddress
    private let log: Logger
    private let makePort: (_ listener: Int32) throws(SystemError) -> ControlPort
    private let timer: LoopTimer
    /// The socket of the predecessor.
    private var received: FurtherListener?
    private var port: ControlPort?
    private var hasFailed = false

    /// Called once with the socket, for the successor.
    var onOpen: (FurtherListener) -> Void = { _ in }

    /// - Parameters:
    ///   - received: the socket of the predecessor, which may have another address.
    ///   - makePort: makes the port; the listener stays the caller's.
    init(
        on loop: EventLoop, at address: SocketAddress, received: FurtherListener?, log: Logger,
        makePort: @escaping (_ listener: Int32) throws(SystemError) -> ControlPort
    ) {
        self.address = address
        self.log = log
        self.received = received.flatMap { Socket.localAddress($0.socket.rawValue) == address ? $0 : nil }
        self.makePort = makePort
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in open() }
    }

    func open() {
        do throws(SystemError) {
            // The port has a duplicate of this socket.
            let listener =
                if let received = received.take() { received } else {
                    FurtherListener(.metrics, try Socket.listen(on: address))
                }
            port = try makePort(listener.socket.rawValue)
            onOpen(listener)
            log.notice("metrics are served to other hosts", metadata: ["address": "\(address)"])
        } catch {
            if !hasFailed { log.warning("can't serve metrics at \(address) yet, and keep trying: \(error)") }
            hasFailed = true
            timer.set(afterMilliseconds: MetricsPort.pauseMilliseconds)
        }
    }

    /// The successor takes the address from now on.
    func drain() {
        timer.cancel()
        port?.drain()
    }

    func close() {
        timer.remove()
        port?.close()
    }
}
