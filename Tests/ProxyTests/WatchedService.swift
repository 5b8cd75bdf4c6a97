import Connections
import HTTP
import Sockets

/// Stands between the connections and the proxy and observes the waiting bytes. Used on the loop only.
final class WatchedService: Service {
    private let inner: any Service
    let flow: Flow

    init(_ inner: any Service, flow: Flow) {
        self.inner = inner
        self.flow = flow
    }

    func makeExchange(on downstream: any Downstream) -> any Exchange {
        WatchedExchange(inner.makeExchange(on: downstream), on: downstream, flow: flow)
    }

    /// The bytes on their way through the proxy, in both directions.
    final class Flow {
        /// Content from the client.
        var received = 0
        /// Bytes that the sockets to the workers accepted.
        var sentUpstream = 0
        /// Bytes from the workers.
        var receivedUpstream = 0
        /// The most bytes that ever waited for the client, and for the workers.
        var mostForClient = 0
        var mostForWorker = 0
        weak var downstream: (any Downstream)?

        func measure() {
            if let downstream { mostForClient = max(mostForClient, downstream.waitingOutput) }
            mostForWorker = max(mostForWorker, received - sentUpstream)
        }
    }
}

private final class WatchedExchange: Exchange {
    private let inner: any Exchange
    private let flow: WatchedService.Flow

    init(_ inner: any Exchange, on downstream: any Downstream, flow: WatchedService.Flow) {
        self.inner = inner
        self.flow = flow
        flow.downstream = downstream
    }

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        inner.requestHead(head, bytes)
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        flow.received += bytes.count
        inner.requestBody(bytes)
        flow.measure()
    }

    func requestEnd() { inner.requestEnd() }
    func downstreamDrained() { inner.downstreamDrained() }
    func cancelled() { inner.cancelled() }
    func connectionClosed() { inner.connectionClosed() }
}

/// Plain transports to the workers that count bytes.
final class WatchedProvider: TransportProvider {
    private let flow: WatchedService.Flow

    init(flow: WatchedService.Flow) {
        self.flow = flow
        super.init()
    }

    override func connecting(_ descriptor: consuming FileDescriptor, host: String) -> SocketTransport? {
        WatchedTransport(descriptor, flow: flow)
    }
}

private final class WatchedTransport: SocketTransport {
    private let flow: WatchedService.Flow

    init(_ descriptor: consuming FileDescriptor, flow: WatchedService.Flow) {
        self.flow = flow
        super.init(descriptor)
    }

    override func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        flow.measure()
        let result = super.receive(using: scratch)
        if case .bytes(let bytes) = result { flow.receivedUpstream += bytes.count }
        return result
    }

    override func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
        let result = super.write(bytes)
        if case .bytes(let count) = result { flow.sentUpstream += count }
        return result
    }

    override func gather(
        _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>
    ) -> TransportResult {
        let result = super.gather(first, second)
        if case .bytes(let count) = result { flow.sentUpstream += count }
        return result
    }
}
