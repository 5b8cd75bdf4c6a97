extension Refusal: Codable {
    private enum Field: String, CodingKey {
        case code
        case detail
    }

    /// The stable name of the case in messages and metrics.
    package var code: String {
        switch self {
        case .identityMismatch: "identity_mismatch"
        case .wrongRole: "wrong_role"
        case .wrongCluster: "wrong_cluster"
        case .olderIncarnation: "older_incarnation"
        case .laterStartKnown: "later_start_known"
        case .nameTaken: "name_taken"
        case .tooManyWorkers: "too_many_workers"
        case .busy: "busy"
        case .unreachable: "unreachable"
        case .answeredBySomebodyElse: "answered_by_somebody_else"
        case .hostNotInCertificate: "host_not_in_certificate"
        case .unhealthy: "unhealthy"
        case .notConfirmed: "not_confirmed"
        case .reservedPort: "reserved_port"
        case .expired: "expired"
        case .steppingDown: "stepping_down"
        case .laterReignMet: "later_reign_met"
        case .clusterEnding: "cluster_ending"
        case .invalid: "invalid"
        }
    }

    /// The text of the code, if it has one.
    package var detail: String? {
        switch self {
        case .unreachable(let text), .answeredBySomebodyElse(let text), .unhealthy(let text), .invalid(let text): text
        case .laterStartKnown(let incarnation): String(incarnation)
        default: nil
        }
    }

    /// The refusal of a code. Fails for a code that this version does not know.
    package init?(code: String, detail: String?) {
        let text = detail ?? "no reason given"
        let all: [Refusal] = [
            .identityMismatch, .wrongRole, .wrongCluster, .olderIncarnation,
            .laterStartKnown(detail.flatMap { UInt64($0) } ?? 0), .nameTaken, .tooManyWorkers, .busy,
            .unreachable(text), .answeredBySomebodyElse(text), .hostNotInCertificate, .unhealthy(text), .notConfirmed,
            .reservedPort, .expired, .steppingDown, .laterReignMet, .clusterEnding, .invalid(text),
        ]
        guard let match = all.first(where: { $0.code == code }) else { return nil }
        self = match
    }

    /// Reads `{"code", "detail"}`. An unknown code of a newer peer becomes `invalid`, so that the retry is slow.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        let code = try fields.decode(String.self, forKey: .code)
        let detail = try fields.decodeIfPresent(String.self, forKey: .detail)
        self = Refusal(code: code, detail: detail) ?? .invalid(detail ?? code)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(code, forKey: .code)
        try fields.encodeIfPresent(detail, forKey: .detail)
    }
}
