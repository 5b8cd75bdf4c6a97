internal import Cluster
internal import Connections
internal import HTTP
internal import Sockets

/// Sends the calls of the store over one kept connection to each member.
///
/// It decides nothing: an answer that is late, torn or not understood becomes `failed`, and the caller asks the next member.
final class StoreClient {
    private let loop: EventLoop
    private let access: StoreAccess
    private let wire: StoreWire
    private let timeoutMilliseconds: Int
    private var members: [ControlClient] = []
    private var token: [UInt8]?
    private var watch: StoreWatch?

    init(loop: EventLoop, access: StoreAccess, timeoutMilliseconds: Int) {
        self.loop = loop
        self.access = access
        self.timeoutMilliseconds = timeoutMilliseconds
        wire = StoreWire(prefix: access.prefix)
        members = access.members.map {
            ControlClient(
                loop: loop, endpoint: $0, provider: access.provider, maximumBody: StoreWire.maximumAnswer,
                connectMilliseconds: timeoutMilliseconds)
        }
    }

    var memberCount: Int { members.count }

    /// Asks one member. `completion` is called once, in a later turn, and never after `close`.
    func ask(_ call: StoreCall, member: Int, completion: @escaping (StoreAnswer) -> Void) {
        // An earlier call that has no answer must not keep this one waiting.
        if members[member].isBusy { replace(member) }
        if access.user != nil && token == nil {
            authenticate(member) { [unowned self] problem in
                if let problem { completion(.failed(problem)) } else { send(call, member, true, completion) }
            }
        } else {
            send(call, member, access.user == nil, completion)
        }
    }

    private func replace(_ member: Int) {
        members[member].close()
        members[member] = ControlClient(
            loop: loop, endpoint: access.members[member], provider: access.provider,
            maximumBody: StoreWire.maximumAnswer, connectMilliseconds: timeoutMilliseconds)
    }

    private func send(
        _ call: StoreCall, _ member: Int, _ isTokenFresh: Bool, _ completion: @escaping (StoreAnswer) -> Void
    ) {
        let client = members[member]
        client.authorization = token
        client.ask(.post, wire.path(of: call), body: wire.body(of: call), timeoutMilliseconds: timeoutMilliseconds) {
            [unowned self] result in
            switch result {
            case .success(let reply):
                let answer = wire.answer(to: call, status: reply.status, body: reply.body)
                guard case .failed(let problem) = answer, !isTokenFresh,
                    StoreWire.needsToken(status: reply.status, problem: problem)
                else { return completion(answer) }
                authenticate(member) { [unowned self] problem in
                    if let problem { completion(.failed(problem)) } else { send(call, member, true, completion) }
                }
            case .failure(let failure): completion(.failed("\(client.endpoint.destination): \(failure)"))
            }
        }
    }

    /// Passes nil on success, or why there is no token.
    private func authenticate(_ member: Int, then completion: @escaping (String?) -> Void) {
        token = nil
        guard let user = access.user, let file = access.passwordFile, let password = try? StoreAccess.password(in: file)
        else { return completion("the password of the store's user can't be read") }
        let client = members[member]
        client.authorization = nil
        client.ask(
            .post, StoreWire.authenticatePath, body: StoreWire.authenticateBody(user: user, password: password),
            timeoutMilliseconds: timeoutMilliseconds
        ) { [unowned self] result in
            guard case .success(let reply) = result else { return completion("no answer to the authentication") }
            token = StoreWire.token(in: reply.body)
            completion(token == nil ? StoreWire.problem(in: reply.body) ?? "the user is refused" : nil)
        }
    }

    // MARK: The watch

    /// Calls `stirred` whenever the leader key may have changed, until `ended`.
    func watchLeader(member: Int, stirred: @escaping () -> Void, ended: @escaping () -> Void) {
        watch?.stop()
        let watch = StoreWatch(
            loop: loop, endpoint: access.members[member], provider: access.provider, body: wire.watchBody(),
            token: token)
        watch.onBytes = stirred
        watch.onEnd = ended
        self.watch = watch
        watch.start()
    }

    func close() {
        watch?.stop()
        watch = nil
        for member in members { member.close() }
    }
}

/// One watch: a request whose response does not end. Only the arrival of bytes counts.
private final class StoreWatch: UpstreamClient {
    private let connection: UpstreamConnection
    private let body: [UInt8]
    private let token: [UInt8]?
    private let host: String
    var onBytes: () -> Void = {}
    var onEnd: () -> Void = {}

    init(loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider, body: [UInt8], token: [UInt8]?) {
        self.body = body
        self.token = token
        host = endpoint.destination.description
        connection = UpstreamConnection(loop: loop, endpoint: endpoint, provider: provider, limits: UpstreamLimits())
    }

    func start() {
        connection.start()
        var request = UpstreamRequest()
        request.method = .post
        request.framing = .length(UInt64(body.count))
        request.bytes.append("POST ")
        request.bytes.append(text: StoreWire.watchPath)
        request.bytes.append(" HTTP/1.1\r\n")
        request.bytes.appendField(name: "host", value: host)
        if let token { token.withUnsafeBufferPointer { request.bytes.appendField(name: "authorization", value: $0) } }
        request.bytes.append("content-type: application/json\r\n")
        request.bytes.appendField(name: "content-length", decimal: UInt64(body.count))
        request.bytes.append("\r\n")
        connection.begin(self, request)
        connection.write { output in body.withUnsafeBufferPointer { output.append($0) } }
        connection.endRequest()
    }

    func stop() {
        onBytes = {}
        onEnd = {}
        connection.cancel()
    }

    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {}

    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>) { onBytes() }

    func upstreamEnded() { onEnd() }

    func upstreamFailed(_ failure: UpstreamFailure) { onEnd() }

    func upstreamDrained() {}
}
