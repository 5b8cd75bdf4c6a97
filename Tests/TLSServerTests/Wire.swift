#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    @testable import TLSServer
    import TestSupport

    /// Two ends of one TCP connection over loopback. The test's own thread advances them in turn.
    final class Wire {
        enum Failure: Error { case noConnection, stuck }

        /// The result of a handshake at one side.
        enum Outcome {
            case complete
            case failed(TransportError)

            var isComplete: Bool { if case .complete = self { true } else { false } }

            var error: TransportError? { if case .failed(let error) = self { error } else { nil } }

            var kind: SecureFailure? { if case .failed(.secure(let kind, _)) = self { kind } else { nil } }

            var message: String { error?.description ?? "" }
        }

        static let patienceMilliseconds: Int32 = 20_000

        /// Nil after it was dropped, which closes its socket.
        var client: SocketTransport?
        var server: SocketTransport?

        /// Makes the connection. Each end's function wraps its socket.
        ///
        /// - Parameter bufferSize: SO_SNDBUF and SO_RCVBUF of both ends, so that writes are partial.
        init(
            bufferSize: Int32? = nil, client: (consuming FileDescriptor) -> SocketTransport?,
            server: (consuming FileDescriptor) -> SocketTransport?
        ) throws {
            // As in the executables: a write to a closed peer is an error of the write.
            signal(SIGPIPE, SIG_IGN)
            guard let any = SocketAddress(host: "127.0.0.1", port: 0) else { throw Failure.noConnection }
            let listener = try Socket.listen(on: any)
            let port = Socket.localPort(listener.rawValue)
            guard let target = SocketAddress(host: "127.0.0.1", port: port) else { throw Failure.noConnection }
            let near = try Socket.connect(to: target).take()
            try Wire.wait(for: listener.rawValue, Int16(POLLIN))
            guard let far = try Socket.accept(listener.rawValue)?.take() else { throw Failure.noConnection }
            try Wire.wait(for: near.rawValue, Int16(POLLOUT))
            if var bufferSize {
                for descriptor in [near.rawValue, far.rawValue] {
                    for option in [SO_SNDBUF, SO_RCVBUF] {
                        setsockopt(descriptor, SOL_SOCKET, option, &bufferSize, socklen_t(MemoryLayout<Int32>.size))
                    }
                }
            }
            self.client = client(near)
            self.server = server(far)
        }

        /// A balancer and a worker after their handshake.
        static func open(bufferSize: Int32? = nil) throws -> (wire: Wire, near: SocketTransport, far: SocketTransport) {
            let wire = try Wire(
                client: try TestCertificates.context(.clusterClient, try TestCertificates.balancer),
                server: try TestCertificates.context(.clusterServer, try TestCertificates.node("worker-8001")),
                bufferSize: bufferSize)
            let outcome = try wire.handshake()
            guard outcome.client.isComplete, outcome.server.isComplete, let near = wire.client, let far = wire.server
            else { throw Failure.stuck }
            return (wire, near, far)
        }

        /// Two ends with this module's TLS.
        convenience init(client: TLSContext, host: String = "127.0.0.1", server: TLSContext, bufferSize: Int32? = nil)
            throws
        {
            let provider = TLSTransportProvider(server: server, client: client)
            try self.init(
                bufferSize: bufferSize, client: { provider.connecting($0, host: host) },
                server: { provider.accepted($0) })
        }

        // MARK: Handshakes

        /// Advances both sides until each has a result. A failed side is dropped, as a server would do it.
        func handshake() throws -> (client: Outcome, server: Outcome) {
            var (near, far): (Outcome?, Outcome?) = (nil, nil)
            while near == nil || far == nil {
                var waiting: [pollfd] = []
                if near == nil { near = Wire.step(&client, &waiting) }
                if far == nil { far = Wire.step(&server, &waiting) }
                if near == nil || far == nil { try Wire.wait(for: &waiting) }
            }
            guard let near, let far else { throw Failure.stuck }
            return (near, far)
        }

        private static func step(_ end: inout SocketTransport?, _ waiting: inout [pollfd]) -> Outcome? {
            guard let transport = end else { return .failed(.truncated) }
            switch transport.handshake() {
            case .complete: return .complete
            case .failed(let error):
                precondition(ERR_peek_error() == 0, "the error queue is not empty")
                end = nil
                return .failed(error)
            case .wants(let direction):
                let events = Int16(direction == .read ? POLLIN : POLLOUT)
                waiting.append(pollfd(fd: transport.descriptor.rawValue, events: events, revents: 0))
                return nil
            }
        }

        // MARK: Bytes

        /// Waits for bytes and reads them.
        static func read(_ transport: SocketTransport) throws -> TransportResult {
            var bytes: [UInt8] = []
            return try read(transport, into: &bytes)
        }

        static func read(
            _ transport: SocketTransport, into bytes: inout [UInt8], room limit: Int = 64 << 10
        ) throws -> TransportResult {
            while true {
                let (result, read) = transport.read(room: limit)
                switch result {
                case .bytes:
                    bytes += read
                    return result
                case .wouldBlock(let direction):
                    try wait(for: transport.descriptor.rawValue, Int16(direction == .read ? POLLIN : POLLOUT))
                case .endOfStream, .failed: return result
                }
            }
        }

        @discardableResult
        static func write(_ transport: SocketTransport, _ text: String) -> TransportResult {
            Array(text.utf8).withUnsafeBufferPointer { transport.write($0) }
        }

        // MARK: Waiting

        static func wait(for descriptor: Int32, _ events: Int16) throws {
            var waiting = [pollfd(fd: descriptor, events: events, revents: 0)]
            try wait(for: &waiting)
        }

        static func wait(for waiting: inout [pollfd]) throws {
            guard !waiting.isEmpty else { return }
            guard poll(&waiting, nfds_t(waiting.count), patienceMilliseconds) > 0 else { throw Failure.stuck }
        }
    }

    extension TransportResult {
        var isEnd: Bool { if case .endOfStream = self { true } else { false } }

        var error: TransportError? { if case .failed(let error) = self { error } else { nil } }
    }
#endif
