internal import Cluster
internal import HTTP
internal import Storage

/// The JSON gateway of etcd's API v3: the bodies of the calls, and the meaning of the answers.
///
/// The gateway writes 64-bit numbers as texts, and keys and values in base64. It leaves out fields with the value zero.
/// Answers of streams are wrapped in `result`.
struct StoreWire: Sendable {
    /// Bytes of the largest answer. A read returns a few small keys.
    static let maximumAnswer = 64 << 10
    private static let maximumKeys = 16

    private let leaderKey: String
    private let epochKey: String
    private let successorsKey: String
    private let prefix: String

    /// - Parameter prefix: without a slash at the end.
    init(prefix: String) {
        self.prefix = prefix + "/"
        leaderKey = prefix + "/leader"
        epochKey = prefix + "/epoch"
        successorsKey = prefix + "/successors"
    }

    // MARK: Calls

    func path(of call: StoreCall) -> String {
        switch call {
        case .read: "/v3/kv/range"
        case .grant: "/v3/lease/grant"
        case .keepAlive: "/v3/lease/keepalive"
        case .claim, .list: "/v3/kv/txn"
        case .revoke: "/v3/lease/revoke"
        }
    }

    static let authenticatePath = "/v3/auth/authenticate"
    static let watchPath = "/v3/watch"

    func body(of call: StoreCall) -> [UInt8] {
        switch call {
        case .read:
            // Without `serializable` the read is linearizable.
            JSON.encode(
                RangeRequest(
                    key: StoreWire.base64(prefix), rangeEnd: StoreWire.base64(prefix.dropLast() + "0"),
                    limit: "\(StoreWire.maximumKeys)"))
        case .grant(let seconds): JSON.encode(GrantRequest(seconds: "\(seconds)"))
        case .keepAlive(let lease), .revoke(let lease): JSON.encode(LeaseRequest(lease: "\(lease)"))
        case .claim(let claim): JSON.encode(transaction(claim))
        case .list(let listing): JSON.encode(transaction(listing))
        }
    }

    func watchBody() -> [UInt8] {
        JSON.encode(WatchRequest(createRequest: WatchRequest.Create(key: StoreWire.base64(leaderKey))))
    }

    static func authenticateBody(user: String, password: String) -> [UInt8] {
        JSON.encode(AuthenticateRequest(name: user, password: password))
    }

    private func isAt(_ key: String, _ revision: Int64) -> TransactionRequest.Compare {
        TransactionRequest.Compare(key: StoreWire.base64(key), modRevision: "\(revision)")
    }

    private func transaction(_ listing: StoreListing) -> TransactionRequest {
        let list = String(decoding: JSON.encode(listing.list), as: UTF8.self)
        return TransactionRequest(
            compare: [isAt(leaderKey, listing.leaderRevision), isAt(successorsKey, listing.listRevision)],
            success: [
                .init(
                    requestPut: .init(
                        key: StoreWire.base64(successorsKey), value: StoreWire.base64(list), lease: nil))
            ])
    }

    private func transaction(_ claim: StoreClaim) -> TransactionRequest {
        let leader = String(decoding: JSON.encode(claim.leader), as: UTF8.self)
        return TransactionRequest(
            compare: [isAt(leaderKey, claim.leaderRevision), isAt(epochKey, claim.epochRevision)],
            success: [
                .init(
                    requestPut: .init(
                        key: StoreWire.base64(leaderKey), value: StoreWire.base64(leader), lease: "\(claim.lease)")),
                .init(
                    requestPut: .init(
                        key: StoreWire.base64(epochKey), value: StoreWire.base64("\(claim.leader.epoch.value)"),
                        lease: nil)),
            ])
    }

    private static func base64(_ text: String) -> String {
        String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self)
    }

    // MARK: Answers

    func answer(to call: StoreCall, status: UInt16, body: [UInt8]) -> StoreAnswer {
        guard status == 200 else { return .failed(StoreWire.problem(in: body) ?? "status \(status)") }
        guard let answer = decoded(call, body) else {
            return .failed(StoreWire.problem(in: body) ?? "the answer is not understood")
        }
        return answer
    }

    private func decoded(_ call: StoreCall, _ body: [UInt8]) -> StoreAnswer? {
        switch call {
        case .read: JSON.decode(RangeAnswer.self, from: body).flatMap(content)
        case .grant:
            JSON.decode(LeaseAnswer.self, from: body).flatMap { answer in
                guard let header = answer.header.value, let lease = Int64(answer.lease), lease != 0 else { return nil }
                return .granted(header, lease: lease, seconds: Int(answer.seconds ?? "0") ?? 0)
            }
        case .keepAlive(let lease):
            JSON.decode(Streamed<LeaseAnswer>.self, from: body).flatMap { answer in
                guard let header = answer.result.header.value, answer.result.lease == "\(lease)" else { return nil }
                return .keptAlive(header, isAlive: (Int(answer.result.seconds ?? "0") ?? 0) > 0)
            }
        case .claim:
            JSON.decode(ClaimAnswer.self, from: body).flatMap { answer in
                answer.header.value.map { .claimed($0, succeeded: answer.succeeded ?? false) }
            }
        case .list:
            JSON.decode(ClaimAnswer.self, from: body).flatMap { answer in
                answer.header.value.map { .listed($0, succeeded: answer.succeeded ?? false) }
            }
        case .revoke: JSON.decode(PlainAnswer.self, from: body).map { _ in .revoked }
        }
    }

    private func content(_ answer: RangeAnswer) -> StoreAnswer? {
        guard let header = answer.header.value else { return nil }
        var leader: StoreContent.LeaderKey?
        var epoch: StoreContent.EpochKey?
        var successors: StoreContent.SuccessorsKey?
        for pair in answer.kvs ?? [] {
            guard let key = Base64.decode(pair.key.utf8), let value = Base64.decode((pair.value ?? "").utf8),
                let revision = Int64(pair.modRevision)
            else { return nil }
            switch String(decoding: key, as: UTF8.self) {
            case leaderKey:
                guard let record = JSON.decode(LeaderRecord.self, from: value) else {
                    return .failed("the value of \(leaderKey) is not understood")
                }
                leader = .init(record: record, lease: Int64(pair.lease ?? "0") ?? 0, revision: revision)
            case epochKey:
                guard let number = UInt64(String(decoding: value, as: UTF8.self)), Epoch(number) <= .ceiling else {
                    return .failed("the value of \(epochKey) is no epoch")
                }
                epoch = .init(epoch: Epoch(number), revision: revision)
            case successorsKey:
                guard let list = JSON.decode(SuccessorList.self, from: value),
                    list.lockDomains.count <= SuccessorList.maximumCount
                else { return .failed("the value of \(successorsKey) is not understood") }
                successors = .init(list: list, revision: revision)
            default: break
            }
        }
        return .content(header, StoreContent(leader: leader, epoch: epoch, successors: successors))
    }

    /// The text of an error; nil if the body is none. A call has `error` as a text, or only `message`. A stream has `error` as
    /// an object.
    static func problem(in body: [UInt8]) -> String? {
        if let error = JSON.decode(StreamError.self, from: body) { return clipped(error.error.message) }
        guard let error = JSON.decode(CallError.self, from: body) else { return nil }
        return (error.error ?? error.message).map(clipped)
    }

    /// The token in the answer to a successful authentication; nil for another answer.
    static func token(in body: [UInt8]) -> [UInt8]? {
        guard let token = JSON.decode(AuthenticateAnswer.self, from: body)?.token else { return nil }
        let bytes = Array(token.utf8)
        // It becomes the value of a header field.
        guard (1...4096).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return bytes
    }

    /// The token has expired, or the member that made it has restarted: the call was not done.
    static func needsToken(status: UInt16, problem: String) -> Bool {
        status == 401 || problem.contains("invalid auth token") || problem.contains("user name is empty")
            || problem.contains("auth: revision in header is old")
    }

    private static func clipped(_ text: String) -> String {
        String(text.prefix(200).map { $0.isASCII && $0 >= " " ? $0 : "?" })
    }
}
