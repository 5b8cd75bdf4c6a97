import Cluster
import Testing

@Suite struct NodeIdentityTests {
    @Test(arguments: [
        ("spiffe://understudy/worker/worker-8001", Role.worker, "understudy", "worker-8001"),
        ("spiffe://a.b-c_d/balancer/x", .balancer, "a.b-c_d", "x"),
        ("spiffe://0/operator/ann.b", .operator, "0", "ann.b"),
    ])
    func good(uri: String, role: Role, cluster: String, name: String) {
        let parsed = NodeIdentity(uri: uri)
        #expect(parsed?.role == role)
        #expect(parsed?.cluster == cluster)
        #expect(parsed?.id.text == name)
        #expect(parsed?.uri == uri)
    }

    @Test(arguments: [
        "", "spiffe://", "spiffe://c", "spiffe://c/", "spiffe://c/worker", "spiffe://c/worker/", "spiffe://c//a",
        "spiffe:///worker/a", "spiffe://c/worker/a/", "spiffe://c/worker/a/b", "spiffe://c/worker/a?b",
        "spiffe://c/worker/a#b",
        "spiffe://C/worker/a", "SPIFFE://c/worker/a", "spiffe://c/Worker/a", "spiffe://c/worker/A",
        "spiffe://c:1/worker/a",
        "spiffe://u@c/worker/a", "spiffe://c/admin/a", "spiffe://c/worker/a%41", "http://c/worker/a",
        " spiffe://c/worker/a",
        "spiffe://c/worker/a ", "spiffe://c/worker/a\0", "spiffe://c/worker/a\0.evil", "spiffe://-c/worker/a",
        "spiffe:/c/worker/a",
        "spiffe://c/./worker/a", "spiffe://c/worker/../a",
        "spiffe://\(String(repeating: "c", count: 256))/worker/a",
        "spiffe://c/worker/\(String(repeating: "a", count: 64))",
        String(repeating: "spiffe://c/worker/a", count: 100_000),
    ])
    func bad(uri: String) {
        #expect(NodeIdentity(uri: uri) == nil)
    }

    @Test func theLongestOfAll() {
        let uri = "spiffe://\(String(repeating: "c", count: 255))/operator/\(String(repeating: "a", count: 63))"
        #expect(NodeIdentity(uri: uri)?.uri == uri)
    }

    @Test func aClusterNameIsCheckedToo() {
        #expect(NodeIdentity(cluster: "a/b", role: .worker, id: id("x")) == nil)
    }
}
