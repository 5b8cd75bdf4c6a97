import Balancing
import Foundation
import Proxy
import TestSupport
import Testing

/// Requests that return to their earlier worker.
@Suite(.timeLimit(.minutes(5))) struct SelectionTests {
    private let workers: [ScriptedUpstream]
    private var entries: [ProxyHarness.Worker] { workers.enumerated().map { $1.worker("worker-\($0)") } }

    init() throws {
        workers = try (0..<4).map { number in
            try ScriptedUpstream { peer in
                while true {
                    try peer.request()
                    try peer.answer("worker-\(number)", fields: "Set-Cookie: application=1\r\n")
                }
            }
        }
    }

    private func proxy(_ policy: String, scheme: StaticString = "https") throws -> ProxyHarness {
        try ProxyHarness(
            entries, policy: ProxyPolicy(edge: EdgeDuties(scheme: scheme)),
            selection: try #require(PolicySetting(policy))
        )
    }

    /// The worker of each of the requests, one after another, over a connection each.
    private func servers(_ proxy: ProxyHarness, _ fields: [String]) throws -> [String] {
        try fields.map { try proxy.client().exchange("GET", "/", fields: $0).text }
    }

    @Test(arguments: [
        ("hash:header=X-User", "x-user: ", ""), ("hash:cookie=user", "Cookie: a=b; user=", "; c=d"),
        ("hash:cookie=user", "Cookie: xuser=1\r\ncookie: user=", ""),
    ])
    func theSameValueComesToTheSameWorker(policy: String, before: String, after: String) throws {
        let proxy = try proxy(policy)
        let fields = (0..<12).map { "\(before)\($0)\(after)\r\n" }
        let first = try servers(proxy, fields)
        #expect(Set(first).count > 1)
        #expect(try servers(proxy, fields) == first)
    }

    private func cookies(_ response: RawResponse) -> [String] {
        (response.fields["set-cookie"] ?? "").split(separator: ", ").map(String.init)
    }

    @Test(arguments: ["https", "http"]) func aClientGetsItsCookieOnce(scheme: String) throws {
        let proxy = try proxy("sticky", scheme: scheme == "https" ? "https" : "http")
        let client = try proxy.client()
        let first = try client.exchange("GET", "/")
        let cookies = cookies(first)
        #expect(cookies.count == 2 && cookies[0] == "application=1")
        let parts = try #require(cookies.last?.split(separator: "; "))
        #expect(parts[0].wholeMatch(of: /understudy=[0-9a-f]{16}/) != nil)
        let attributes = ["Path=/", "HttpOnly", "SameSite=Lax"] + (scheme == "https" ? ["Secure"] : [])
        #expect(parts.dropFirst().map(String.init) == attributes)
        for _ in 0..<8 {
            let again = try client.exchange("GET", "/", fields: "Cookie: x=y; \(parts[0])\r\n")
            #expect(again.text == first.text)
            #expect(self.cookies(again) == ["application=1"])
        }
    }

    @Test(arguments: [
        "", "understudy=", "understudy=worker-0", "understudy=0000000000000000", "understudy=FFFFFFFFFFFFFFFF",
    ])
    func anUnknownWorkerNameIsReplaced(cookie: String) throws {
        let proxy = try proxy("sticky")
        let response = try proxy.client().exchange("GET", "/", fields: "Cookie: \(cookie)\r\n")
        #expect(response.status == 200)
        #expect(cookies(response).count == 2)
    }

    @Test func aClientOfARemovedWorkerGetsAnother() throws {
        let proxy = try proxy("sticky:cookie=seat")
        let first = try proxy.client().exchange("GET", "/")
        let cookie = try #require(cookies(first).last?.split(separator: ";").first)
        #expect(cookie.hasPrefix("seat="))
        proxy.set(entries.filter { $0.id != first.text })
        let second = try proxy.client().exchange("GET", "/", fields: "Cookie: \(cookie)\r\n")
        #expect(second.status == 200 && second.text != first.text)
        #expect(cookies(second).count == 2 && !(cookies(second).last ?? "").hasPrefix(cookie))
    }

    @Test func aNameSaysNothingOfTheWorker() throws {
        let proxies = try (0..<2).map { _ in try proxy("sticky") }
        proxies[1].loadBalancer.useSecret(SipHash(key: (1, 2)))
        var names: [Set<String>] = [[], []]
        for (index, proxy) in proxies.enumerated() {
            for _ in 0..<20 {
                names[index].insert(try #require(cookies(try proxy.client().exchange("GET", "/")).last))
            }
        }
        #expect(names[0].count > 1 && names[1].count > 1)
        #expect(names[0].isDisjoint(with: names[1]))
    }
}
