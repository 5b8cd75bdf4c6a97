/// The identity in a peer's certificate: the URI is exactly `spiffe://CLUSTER/ROLE/ID`.
package struct NodeIdentity: Hashable, Sendable, CustomStringConvertible {
    /// Longest name of a cluster, in bytes: SPIFFE's limit for a trust domain.
    package static let maximumClusterLength = 255

    private static let scheme = "spiffe://"

    /// The trust domain: `a-z 0-9 . - _`, beginning with a letter or a digit.
    package let cluster: String
    package let role: Role
    package let id: NodeID

    /// Nil unless `cluster` has the characters and the length of a trust domain.
    package init?(cluster: String, role: Role, id: NodeID) {
        guard NodeIdentity.isCluster(cluster) else { return nil }
        self.cluster = cluster
        self.role = role
        self.id = id
    }

    /// Parses the text of a URI SAN strictly. The parser rejects upper case, a port, a query, an escape, and an empty
    /// or extra segment.
    package init?(uri: String) {
        guard uri.utf8.count <= Self.scheme.utf8.count + Self.maximumClusterLength + 2 + 8 + NodeID.maximumLength,
            uri.utf8.starts(with: Self.scheme.utf8)
        else { return nil }
        let parts = uri.utf8.dropFirst(Self.scheme.utf8.count)
            .split(separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let role = Role(rawValue: String(Substring(parts[1]))),
            let id = NodeID(String(Substring(parts[2])))
        else { return nil }
        self.init(cluster: String(Substring(parts[0])), role: role, id: id)
    }

    /// The text of the URI SAN.
    package var uri: String {
        "\(Self.scheme)\(cluster)/\(role.rawValue)/\(id.text)"
    }

    package var description: String { uri }

    private static func isCluster(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...maximumClusterLength).contains(bytes.count), let first = bytes.first else { return false }
        return NodeID.isAlphanumeric(first)
            && bytes.allSatisfy { NodeID.isAllowed($0) || $0 == UInt8(ascii: "_") }
    }
}
