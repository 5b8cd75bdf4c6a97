internal import Cluster
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Proxy
internal import Sockets
internal import Storage

/// The requests of one connection at a worker's port.
///
/// A balancer's certificate permits everything, a worker's only the prevote, and others nothing. A request of a reign
/// below the highest that this worker has met is refused. In the plain build there are no certificates, and every peer
/// is admitted.
final class WorkerExchange: Exchange {
    private enum Access {
        case unknown
        case everything
        case prevoteOnly
        case nothing(String)
    }

    /// The handling of the present request.
    private enum Route {
        case inner
        case prevote
        case pledge
        /// Answered, or being answered, here.
        case done
    }

    /// In bytes, for a prevote or a request for a pledge.
    private static let maximumMessage = 4 << 10

    private unowned let downstream: any Downstream
    private let service: WorkerService
    private let inner: any Exchange
    private var access = Access.unknown
    private var route = Route.done
    private var body: [UInt8] = []
    /// The bytes that the present request still lacks, if the balancer has announced its length (`LengthField`).
    private var left: UInt64?
    /// Distinguishes late answers to an earlier request from answers to the present one.
    private var serial: UInt64 = 0
    private let live: LiveObject

    init(downstream: any Downstream, service: WorkerService) {
        self.downstream = downstream
        self.service = service
        inner = service.inner.makeExchange(on: downstream)
        live = LiveObject(WorkerExchange.self, on: downstream.loop)
    }

    // MARK: The request

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        serial &+= 1
        route = .done
        left = nil
        if case .unknown = access { access = judge(downstream.peerIdentity) }
        // A request that the balancer forwards belongs to a client, whatever its path. A prevote comes from a worker
        // directly.
        let message = isCarried(head, bytes) ? nil : messageRoute(of: head.path.in(bytes))
        switch access {
        case .everything: break
        case .prevoteOnly where message == .prevote: break
        case .prevoteOnly, .unknown:
            downstream.respond(status: 403, error: "only a balancer of this cluster may send requests to a worker")
            return
        case .nothing(let reason):
            downstream.respond(status: 403, error: reason)
            return
        }
        if let message {
            begin(message, head)
            return
        }
        for field in head.fields where field.known == .understudy {
            let name = field.name.in(bytes)
            if name.isFieldName("understudy-probe") {
                tellOfProbe(head, bytes)
                answerProbe()
                return
            }
            if name.isFieldName("understudy-epoch"), !passesFence(field.value.in(bytes)) { return }
        }
        switch LengthField.read(in: head, bytes) {
        case .absent:
            route = .inner
            inner.requestHead(head, bytes)
        case .length(let length):
            route = .inner
            left = length
            var counted = copy head
            counted.framing = .length(length)
            counted.mayHaveTrailers = true
            inner.requestHead(counted, bytes)
        case .invalid: downstream.respond(status: 400, error: "understudy-length is no length of this request")
        }
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch route {
        case .inner:
            if let left {
                guard UInt64(bytes.count) <= left else { return refuseLength() }
                self.left = left - UInt64(bytes.count)
            }
            inner.requestBody(bytes)
        case .prevote, .pledge:
            if body.count + bytes.count <= WorkerExchange.maximumMessage { body.append(contentsOf: bytes) }
        case .done: break
        }
    }

    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        if case .inner = route { inner.requestTrailers(fields, bytes) }
    }

    func requestEnd() {
        switch route {
        case .inner:
            if let left, left > 0 { return refuseLength() }
            inner.requestEnd()
        case .prevote: answerPrevote()
        case .pledge: answerPledge()
        case .done: break
        }
    }

    /// The content has another length than the balancer announced. The application must not get it as complete content.
    private func refuseLength() {
        route = .done
        inner.cancelled()
        guard downstream.canRespond else { return downstream.abortResponse() }
        downstream.respond(status: 400, error: "the content has another length than understudy-length")
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

    // MARK: Admission

    /// A balancer adds its epoch to every client request, and drops that field from the client's head.
    private func isCarried(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        head.fields.contains { $0.known == .understudy && $0.name.in(bytes).isFieldName("understudy-epoch") }
    }

    private func judge(_ peer: PeerIdentity) -> Access {
        switch peer {
        case .anonymous:
            return NodeCertificates.isSecure ? .nothing("a certificate of this cluster is needed") : .everything
        case .unusable(let reason): return .nothing(reason)
        case .uri(let uri):
            guard let identity = NodeIdentity(uri: uri), identity.cluster == service.membership.cluster else {
                return .nothing("\(uri) is no node of this cluster")
            }
            switch identity.role {
            case .balancer: return .everything
            case .worker: return .prevoteOnly
            case .operator: return .nothing("an operator's certificate opens no worker: ask the balancer")
            }
        }
    }

    /// Returns whether the peer's certificate belongs to this node. Without certificates every claim passes.
    private func isPeer(_ id: NodeID) -> Bool {
        guard case .uri(let uri) = downstream.peerIdentity else { return !NodeCertificates.isSecure }
        return NodeIdentity(uri: uri)?.id == id
    }

    private func passesFence(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let epoch = DecimalValue.read(text) else {
            downstream.respond(status: 400, error: "understudy-epoch is no number")
            return false
        }
        switch service.membership.gate.check(epoch) {
        case .current: return true
        case .newer:
            service.membership.newReign(epoch)
            return true
        case .absurd:
            // The control loop logs it.
            service.membership.newReign(epoch)
            refuseReign()
            return false
        case .stale:
            refuseReign()
            return false
        }
    }

    /// Sends the balancer the reign that this worker obeys, and the address of its balancer.
    private func refuseReign() {
        guard downstream.canRespond else { return }
        let (highest, address) = service.membership.gate.reign
        downstream.beginResponse(status: 409)
        downstream.appendDate()
        downstream.appendField(name: "understudy-fenced", decimal: highest.value)
        if let address { downstream.appendField(name: "understudy-balancer", value: address.description) }
        downstream.endResponseHead(.length(0))
        downstream.endResponse()
    }

    // MARK: Requests of the cluster protocol

    /// A probe is a sign of life of its balancer. A flood of probes counts as one.
    private func tellOfProbe(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        let now = downstream.loop.now
        if let told = service.toldOfProbe, now - told < WorkerExchange.probeNoticeNanoseconds { return }
        for field in head.fields where field.known == .understudy {
            guard field.name.in(bytes).isFieldName("understudy-epoch"),
                let epoch = DecimalValue.read(field.value.in(bytes))
            else { continue }
            service.toldOfProbe = now
            service.membership.probed(sender, epoch)
            return
        }
    }

    private static let probeNoticeNanoseconds: UInt64 = 50_000_000

    /// The node in the peer's certificate.
    private var sender: NodeID? {
        if case .uri(let uri) = downstream.peerIdentity { NodeIdentity(uri: uri)?.id } else { nil }
    }

    private func answerProbe() {
        let asked = serial
        service.health(on: downstream.loop) { [weak self] verdict in
            guard let self, serial == asked, downstream.canRespond else { return }
            switch verdict {
            case .healthy: answerProbe(status: 200, "ok\n")
            case .ill(let reason): answerProbe(status: 503, "\(reason)\n")
            }
        }
    }

    private func answerProbe(status: UInt16, _ text: String) {
        downstream.beginResponse(status: status)
        downstream.appendDate()
        downstream.appendField("content-type", "text/plain; charset=utf-8")
        downstream.appendField(name: "understudy-node", value: service.membership.id.text)
        downstream.endResponseHead(.length(UInt64(text.utf8.count)))
        Array(text.utf8).withUnsafeBufferPointer { downstream.writeBody($0) }
        downstream.endResponse()
    }

    private func messageRoute(of path: UnsafeBufferPointer<UInt8>) -> Route? {
        if path.elementsEqual(ClusterPaths.prevote.utf8) { return .prevote }
        if path.elementsEqual(ClusterPaths.pledge.utf8) { return .pledge }
        return nil
    }

    private func begin(_ message: Route, _ head: borrowing RequestHead) {
        guard head.method == .post else {
            downstream.respond(status: 405, error: "the cluster protocol takes POST only", allow: "POST")
            return
        }
        body = []
        route = message
    }

    private func answerPrevote() {
        guard let prevote = JSON.decode(Prevote.self, from: body) else {
            downstream.respond(status: 400, error: "the prevote is not understood")
            return
        }
        guard isPeer(prevote.candidate) else {
            downstream.respond(status: 403, error: "the candidate is another node than the certificate's")
            return
        }
        let asked = serial
        let loop = downstream.loop
        let exchange = LoopBound(self)
        service.membership.prevote(prevote) { answer in
            loop.post { exchange.value.answer(answer, to: asked) }
        }
    }

    private func answerPledge() {
        guard let request = JSON.decode(PledgeRequest.self, from: body) else {
            downstream.respond(status: 400, error: "the request for a pledge is not understood")
            return
        }
        let asked = serial
        let loop = downstream.loop
        let exchange = LoopBound(self)
        service.membership.pledge(request) { answer in
            loop.post { exchange.value.answer(answer, to: asked) }
        }
    }

    private func answer(_ answer: some Encodable, to asked: UInt64) {
        guard serial == asked, downstream.canRespond else { return }
        JSON.encode(answer).withUnsafeBufferPointer {
            downstream.respond(status: 200, contentType: "application/json", body: $0)
        }
    }
}
