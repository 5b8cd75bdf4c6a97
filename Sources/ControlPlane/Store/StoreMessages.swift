internal import Cluster

// The messages of etcd's API v3 in JSON (api/etcdserverpb/rpc.proto), as far as they are used.

struct RangeRequest: Encodable {
    let key: String
    let rangeEnd: String
    let limit: String

    enum CodingKeys: String, CodingKey {
        case key, limit
        case rangeEnd = "range_end"
    }
}

struct GrantRequest: Encodable {
    let seconds: String

    enum CodingKeys: String, CodingKey { case seconds = "TTL" }
}

struct LeaseRequest: Encodable {
    let lease: String

    enum CodingKeys: String, CodingKey { case lease = "ID" }
}

struct AuthenticateRequest: Encodable {
    let name: String
    let password: String
}

struct WatchRequest: Encodable {
    struct Create: Encodable { let key: String }

    let createRequest: Create

    enum CodingKeys: String, CodingKey { case createRequest = "create_request" }
}

struct TransactionRequest: Encodable {
    struct Compare: Encodable {
        let key: String
        let target = "MOD"
        let result = "EQUAL"
        let modRevision: String

        enum CodingKeys: String, CodingKey {
            case key, target, result
            case modRevision = "mod_revision"
        }
    }

    struct Put: Encodable {
        let key: String
        let value: String
        let lease: String?
    }

    struct Operation: Encodable {
        let requestPut: Put

        enum CodingKeys: String, CodingKey { case requestPut = "request_put" }
    }

    let compare: [Compare]
    let success: [Operation]
}

/// The header of each answer. Later versions of the gateway may write numbers without quotes, so both are taken.
struct WireHeader: Decodable {
    let value: StoreHeader?

    private enum CodingKeys: String, CodingKey {
        case clusterID = "cluster_id"
        case raftTerm = "raft_term"
        case revision
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let number = { (key: CodingKeys) -> UInt64? in
            if let text = try? fields.decode(String.self, forKey: key) { return UInt64(text) }
            return try? fields.decode(UInt64.self, forKey: key)
        }
        // A term of zero means that the member belongs to no cluster yet.
        guard let cluster = number(.clusterID), let term = number(.raftTerm), term > 0 else {
            value = nil
            return
        }
        value = StoreHeader(cluster: cluster, term: term, revision: Int64(clamping: number(.revision) ?? 0))
    }
}

struct RangeAnswer: Decodable {
    struct Pair: Decodable {
        let key: String
        let value: String?
        let modRevision: String
        let lease: String?

        enum CodingKeys: String, CodingKey {
            case key, value, lease
            case modRevision = "mod_revision"
        }
    }

    let header: WireHeader
    let kvs: [Pair]?
}

/// The answer to the grant of a lease, and to a keepalive.
struct LeaseAnswer: Decodable {
    let header: WireHeader
    let lease: String
    /// Nil for zero.
    let seconds: String?

    enum CodingKeys: String, CodingKey {
        case header
        case lease = "ID"
        case seconds = "TTL"
    }
}

struct Streamed<Answer: Decodable>: Decodable { let result: Answer }

struct ClaimAnswer: Decodable {
    let header: WireHeader
    let succeeded: Bool?
}

struct PlainAnswer: Decodable { let header: WireHeader }

struct AuthenticateAnswer: Decodable { let token: String }

struct CallError: Decodable {
    let error: String?
    let message: String?
}

struct StreamError: Decodable {
    struct Detail: Decodable { let message: String }

    let error: Detail
}
