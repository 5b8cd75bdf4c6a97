internal import Connections
internal import HTTP
internal import Sockets

/// The service of a simulated worker. It answers probes and passes other requests to the tasks. Only TLS checks the
/// peer.
final class SwarmService: Service {
    private let name: String
    private let tasks: any Service

    init(name: String, tasks: any Service) {
        self.name = name
        self.tasks = tasks
    }

    func makeExchange(on downstream: any Downstream) -> any Exchange {
        SwarmExchange(on: downstream, name: name, inner: tasks.makeExchange(on: downstream))
    }
}

private final class SwarmExchange: Exchange {
    private unowned let downstream: any Downstream
    private let name: String
    private let inner: any Exchange
    private var isProbe = false

    init(on downstream: any Downstream, name: String, inner: any Exchange) {
        self.downstream = downstream
        self.name = name
        self.inner = inner
    }

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        isProbe = head.fields.contains { $0.known == .understudy && $0.name.in(bytes).isFieldName("understudy-probe") }
        guard isProbe else {
            inner.requestHead(head, bytes)
            return
        }
        downstream.beginResponse(status: 200)
        downstream.appendDate()
        downstream.appendField(name: "understudy-node", value: name)
        downstream.endResponseHead(.length(0))
        downstream.endResponse()
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        if !isProbe { inner.requestBody(bytes) }
    }

    func requestEnd() {
        if !isProbe { inner.requestEnd() }
    }

    func downstreamDrained() {
        if !isProbe { inner.downstreamDrained() }
    }

    func cancelled() {
        if !isProbe { inner.cancelled() }
    }

    func connectionClosed() { inner.connectionClosed() }
}
