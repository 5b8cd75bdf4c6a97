import Cluster
import HTTP
import Testing

@testable import ControlPlane

/// The meaning of etcd's answers. The texts are those of etcd 3.4.23, and of the error shapes of other versions.
@Suite struct StoreWireTests {
    private let wire = StoreWire(prefix: "/understudy/test")
    private static let header =
        #""header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952","revision":"7","raft_term":"2"}"#
    private let seen = StoreHeader(cluster: 324_952_591_200_643_719, term: 2, revision: 7)

    private static let home = LockDomain("5f0c3a1e9b7d4e62")!
    private static let record = LeaderRecord(
        lockDomain: home, epoch: Epoch(1 << 24), address: BalancerAddress(host: "10.0.0.1", port: 7000))
    private static let claim = StoreClaim(leader: record, lease: 7, leaderRevision: 0, epochRevision: 3, leaseTerm: 2)

    private static let list = SuccessorList(policy: .failsafe, lockDomains: [home, LockDomain("host-b")!])
    private static let listing = StoreListing(list: list, leaderRevision: 5, listRevision: 6)

    private static func base64(_ text: String) -> String {
        String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self)
    }

    private static let leaderValue = base64(#"{"address":"10.0.0.1:7000","epoch":16777216,"home":"5f0c3a1e9b7d4e62"}"#)
    private static let content =
        "{\(header),\"kvs\":[{\"key\":\"\(base64("/understudy/test/epoch"))\",\"create_revision\":\"2\",\"mod_revision\":\"3\",\"version\":\"1\",\"value\":\"\(base64("16777216"))\"},{\"key\":\"\(base64("/understudy/test/leader"))\",\"create_revision\":\"4\",\"mod_revision\":\"5\",\"version\":\"1\",\"value\":\"\(leaderValue)\",\"lease\":\"7\"}],\"count\":\"2\"}"

    private static let answers: [(StoreCall, String)] = [
        (.read, content), (.grant(seconds: 5), "{\(header),\"ID\":\"2324035687008816390\",\"TTL\":\"5\"}"),
        (.keepAlive(lease: 7), "{\"result\":{\(header),\"ID\":\"7\",\"TTL\":\"5\"}}"),
        (.claim(claim), "{\(header),\"succeeded\":true,\"responses\":[{\"response_put\":{\(header)}}]}"),
        (.revoke(lease: 7), "{\(header)}"),
        (.list(listing), "{\(header),\"succeeded\":true,\"responses\":[{\"response_put\":{\(header)}}]}"),
    ]

    private func answer(_ call: StoreCall, _ text: String, status: UInt16 = 200) -> StoreAnswer {
        wire.answer(to: call, status: status, body: Array(text.utf8))
    }

    @Test func `A read returns both keys, and an empty store has none`() {
        let expected = StoreContent(
            leader: .init(record: StoreWireTests.record, lease: 7, revision: 5),
            epoch: .init(epoch: Epoch(1 << 24), revision: 3))
        #expect(answer(.read, StoreWireTests.content) == .content(seen, expected))
        #expect(answer(.read, "{\(StoreWireTests.header)}") == .content(seen, StoreContent(leader: nil, epoch: nil)))
    }

    @Test func `The successors key is read, and written over what was read`() throws {
        let value = StoreWireTests.base64(#"{"policy":"failsafe","homes":["5f0c3a1e9b7d4e62","host-b"]}"#)
        let key = StoreWireTests.base64("/understudy/test/successors")
        let text =
            "{\(StoreWireTests.header),\"kvs\":[{\"key\":\"\(key)\",\"mod_revision\":\"6\",\"value\":\"\(value)\"}]}"
        let expected = StoreContent(
            leader: nil, epoch: nil, successors: .init(list: StoreWireTests.list, revision: 6))
        #expect(answer(.read, text) == .content(seen, expected))
        let damaged = text.replacing(value, with: StoreWireTests.base64(#"{"policy":"perhaps","homes":[]}"#))
        #expect(
            answer(.read, damaged) == .failed("the value of /understudy/test/successors is not understood"))
        let body = String(decoding: wire.body(of: .list(StoreWireTests.listing)), as: UTF8.self)
        #expect(body.contains("\"mod_revision\":\"6\""))
        #expect(body.contains("\"mod_revision\":\"5\""))
        #expect(!body.contains("lease"))
        let refused = "{\(StoreWireTests.header)}"
        #expect(answer(.list(StoreWireTests.listing), refused) == .listed(seen, succeeded: false))
    }

    @Test func `Changes and keepalives have their answers`() {
        #expect(
            answer(.grant(seconds: 5), StoreWireTests.answers[1].1)
                == .granted(seen, lease: 2_324_035_687_008_816_390, seconds: 5))
        #expect(answer(.keepAlive(lease: 7), StoreWireTests.answers[2].1) == .keptAlive(seen, isAlive: true))
        let gone = "{\"result\":{\(StoreWireTests.header),\"ID\":\"7\"}}"
        #expect(answer(.keepAlive(lease: 7), gone) == .keptAlive(seen, isAlive: false))
        #expect(answer(.claim(StoreWireTests.claim), StoreWireTests.answers[3].1) == .claimed(seen, succeeded: true))
        let refused = "{\(StoreWireTests.header)}"
        #expect(answer(.claim(StoreWireTests.claim), refused) == .claimed(seen, succeeded: false))
        #expect(answer(.revoke(lease: 7), refused) == .revoked)
    }

    @Test func `A torn answer is never a success`() {
        for (call, text) in StoreWireTests.answers {
            for count in 0..<text.utf8.count {
                let torn = Array(text.utf8.prefix(count))
                guard case .failed = wire.answer(to: call, status: 200, body: torn) else {
                    Issue.record("\(call) takes \(String(decoding: torn, as: UTF8.self))")
                    return
                }
            }
        }
    }

    @Test func `The answer of another lease, or without a term, is no answer`() {
        let other = "{\"result\":{\(StoreWireTests.header),\"ID\":\"8\",\"TTL\":\"5\"}}"
        #expect(answer(.keepAlive(lease: 7), other) == .failed("the answer is not understood"))
        let young = StoreWireTests.content.replacing("\"raft_term\":\"2\"", with: "\"raft_term\":\"0\"")
        #expect(answer(.read, young) == .failed("the answer is not understood"))
    }

    @Test(
        arguments: [
            (
                503, #"{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}"#,
                "etcdserver: no leader"
            ),
            (
                404, #"{"code":5,"message":"etcdserver: requested lease not found","details":[]}"#,
                "etcdserver: requested lease not found"
            ),
            (
                200,
                #"{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: leader changed","http_status":"Service Unavailable"}}"#,
                "etcdserver: leader changed"
            ),
            (500, "<html>", "status 500"), (200, "", "the answer is not understood"),
            (
                500,
                #"{"error":"etcdserver: mvcc: database space exceeded","message":"etcdserver: mvcc: database space exceeded","code":8}"#,
                "etcdserver: mvcc: database space exceeded"
            ),
        ] as [(UInt16, String, String)])
    func `Each shape of an error is named`(status: UInt16, text: String, problem: String) {
        for (call, _) in StoreWireTests.answers { #expect(answer(call, text, status: status) == .failed(problem)) }
    }

    @Test func `A claim compares both keys and writes both`() {
        let text = String(decoding: wire.body(of: .claim(StoreWireTests.claim)), as: UTF8.self)
        let leader = StoreWireTests.base64("/understudy/test/leader")
        let epoch = StoreWireTests.base64("/understudy/test/epoch")
        #expect(
            text
                == "{\"compare\":[{\"key\":\"\(leader)\",\"mod_revision\":\"0\",\"result\":\"EQUAL\",\"target\":\"MOD\"},{\"key\":\"\(epoch)\",\"mod_revision\":\"3\",\"result\":\"EQUAL\",\"target\":\"MOD\"}],\"success\":[{\"request_put\":{\"key\":\"\(leader)\",\"lease\":\"7\",\"value\":\"\(StoreWireTests.leaderValue)\"}},{\"request_put\":{\"key\":\"\(epoch)\",\"value\":\"\(StoreWireTests.base64("16777216"))\"}}]}"
        )
    }

    @Test func `A token becomes a header field only if it is visible text`() {
        #expect(StoreWire.token(in: Array(#"{"token":"abc.5"}"#.utf8)) == Array("abc.5".utf8))
        #expect(StoreWire.token(in: Array(#"{"token":"a\r\nb: c"}"#.utf8)) == nil)
        #expect(StoreWire.token(in: Array(#"{"token":""}"#.utf8)) == nil)
    }

    @Test func `Base64 is read as strictly as it is written`() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8($0 * 37 & 255) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        for text in ["a", "ab", "abc", "ab=c", "=abc", "a===", "ab=d", "****"] {
            #expect(Base64.decode(text.utf8) == nil)
        }
    }
}
