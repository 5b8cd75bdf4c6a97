internal import Cluster
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Sockets

/// One request at a worker's door.
///
/// The law of the door: a balancer's certificate opens everything, a worker's only the prevote, others nothing; a
/// request that names a reign below the highest that this worker has met is refused. In the plain build nobody has a
/// certificate and the door is open.
final class WorkerExchange: Exchange {
    private enum Access {
        case unknown
        case everything
        case prevoteOnly
        case nothing(String)
    }

    /// What becomes of the present request.
    private enum Route {
        case inner
        case prevote
        /// Answered, or being answered, here.
        case done
    }

    private static let maximumPrevote = 4 << 10

    private unowned let downstream: any Downstream
    private let service: WorkerService
    private let inner: any Exchange
    private var access = Access.unknown
    private var route = Route.done
    private var body: [UInt8] = []
    /// Tells late answers to an earlier request from those to the present one.
    private var serial: UInt64 = 0

    init(downstream: any Downstream, service: WorkerService) {
        self.downstream = downstream
        self.service = service
        inner = service.inner.makeExchange(on: downstream)
    }

    // MARK: The request

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        serial &+= 1
        route = .done
        if case .unknown = access { access = judge(downstream.peerIdentity) }
        // What the balancer carries is a client's, whatever path it names: a prevote comes from a worker itself.
        let isPrevote = head.path.in(bytes).elementsEqual(ClusterPaths.prevote.utf8) && !isCarried(head, bytes)
        switch access {
        case .everything: break
        case .prevoteOnly where isPrevote: break
        case .prevoteOnly, .unknown:
            downstream.respond(status: 403, error: "only a balancer of this cluster may send requests to a worker")
            return
        case .nothing(let reason):
            downstream.respond(status: 403, error: reason)
            return
        }
        if isPrevote {
            beginPrevote(head)
            return
        }
        for field in head.fields where field.known == .understudy {
            let name = field.name.in(bytes)
            if name.isFieldName("understudy-probe") {
                answerProbe()
                return
            }
            if name.isFieldName("understudy-epoch"), !passesFence(field.value.in(bytes)) { return }
        }
        route = .inner
        inner.requestHead(head, bytes)
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch route {
        case .inner: inner.requestBody(bytes)
        case .prevote:
            if body.count + bytes.count <= WorkerExchange.maximumPrevote { body.append(contentsOf: bytes) }
        case .done: break
        }
    }

    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        if case .inner = route { inner.requestTrailers(fields, bytes) }
    }

    func requestEnd() {
        switch route {
        case .inner: inner.requestEnd()
        case .prevote: answerPrevote()
        case .done: break
        }
    }

    func downstreamDrained() {
        if case .inner = route { inner.downstreamDrained() }
    }

    func cancelled() {
        serial &+= 1
        if case .inner = route { inner.cancelled() }
        route = .done
    }

    func connectionClosed() {
        serial &+= 1
        inner.connectionClosed()
    }

    // MARK: The door

    /// A balancer puts its epoch into every request of a client, and takes it out of what the client sent.
    private func isCarried(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        head.fields.contains { $0.known == .understudy && $0.name.in(bytes).isFieldName("understudy-epoch") }
    }

    private func judge(_ peer: PeerIdentity) -> Access {
        switch peer {
        case .anonymous:
            return NodeCertificates.isSecure ? .nothing("a certificate of this cluster is needed") : .everything
        case .unusable(let reason): return .nothing(reason)
        case .uri(let uri):
            guard let identity = NodeIdentity(uri: uri), identity.cluster == service.house.cluster else {
                return .nothing("\(uri) is no node of this cluster")
            }
            switch identity.role {
            case .balancer: return .everything
            case .worker: return .prevoteOnly
            case .operator: return .nothing("an operator's certificate opens no worker: ask the balancer")
            }
        }
    }

    private func passesFence(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let epoch = decimal(text) else {
            downstream.respond(status: 400, error: "understudy-epoch is no number")
            return false
        }
        switch service.house.gate.check(epoch) {
        case .absurd:
            downstream.respond(status: 400, error: "understudy-epoch is beyond every epoch")
            return false
        case .current: return true
        case .newer:
            service.house.newReign(epoch)
            return true
        case .stale(let highest):
            guard downstream.canRespond else { return false }
            downstream.beginResponse(status: 409)
            downstream.appendDate()
            downstream.appendField(name: "understudy-fenced", decimal: highest.value)
            downstream.endResponseHead(.length(0))
            downstream.endResponse()
            return false
        }
    }

    private func decimal(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
        guard !text.isEmpty, text.count <= 20 else { return nil }
        var number: UInt64 = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
            if overflow || carry { return nil }
            number = sum
        }
        return number
    }

    // MARK: The cluster's own questions

    private func answerProbe() {
        let asked = serial
        service.health { [weak self] isHealthy in
            guard let self, serial == asked, downstream.canRespond else { return }
            let text: StaticString = isHealthy ? "ok\n" : "the application behind this worker does not answer\n"
            downstream.beginResponse(status: isHealthy ? 200 : 503)
            downstream.appendDate()
            downstream.appendField("content-type", "text/plain; charset=utf-8")
            downstream.appendField(name: "understudy-node", value: service.house.id.text)
            downstream.endResponseHead(.length(UInt64(text.utf8CodeUnitCount)))
            downstream.writeBody(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
            downstream.endResponse()
        }
    }

    private func beginPrevote(_ head: borrowing RequestHead) {
        guard head.method == .post else {
            downstream.respond(status: 405, error: "the cluster protocol takes POST only", allow: "POST")
            return
        }
        body = []
        route = .prevote
    }

    private func answerPrevote() {
        guard let prevote = JSON.decode(Prevote.self, from: body) else {
            downstream.respond(status: 400, error: "the prevote is not understood")
            return
        }
        let asked = serial
        let loop = downstream.loop
        let exchange = LoopBound(self)
        service.house.prevote(prevote) { answer in
            loop.post { exchange.value.answer(answer, to: asked) }
        }
    }

    private func answer(_ answer: PrevoteAnswer, to asked: UInt64) {
        guard serial == asked, downstream.canRespond else { return }
        JSON.encode(answer).withUnsafeBufferPointer {
            downstream.respond(status: 200, contentType: "application/json", body: $0)
        }
    }
}
