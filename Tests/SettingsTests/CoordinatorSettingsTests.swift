import Settings
import Telemetry
import Testing

/// The settings of the coordinator, and what excludes what.
@Suite struct CoordinatorSettingsTests {
    private static let whole = [
        "coordinator": "etcd", "etcd": "https://10.0.0.1:2379,https://[fd00::2]:2379", "etcd-certs": "/certs",
        "host": "10.0.0.1",
    ]

    private func problem(
        _ changes: [String: String?], of program: Settings.Program = .balancer
    ) -> String? {
        var given = CoordinatorSettingsTests.whole
        for (name, text) in changes { given[name] = text }
        do throws(CommandError) {
            _ = try Settings.load(program, commandLine: given)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `Members, certificates and an address are enough`() throws {
        let settings = try Settings.load(.balancer, commandLine: CoordinatorSettingsTests.whole)
        #expect(settings.coordinator.kind == .etcd)
        #expect(settings.coordinator.memberList.map(\.place.host) == ["10.0.0.1", "fd00::2"])
        #expect(problem(["host": nil], of: .worker) == nil)
        #expect(problem(["etcd": "http://127.0.0.1:2379", "etcd-certs": nil]) == nil)
        #expect(problem(["etcd": "http://10.0.0.1:2379", "etcd-certs": nil, "insecure-etcd": "true"]) == nil)
    }

    @Test(
        arguments: [
            (["etcd": nil], "give --etcd"), (["etcd-certs": nil], "give --etcd-certs"),
            (["etcd": "http://10.0.0.1:2379"], "--insecure-etcd"),
            (["etcd": "https://a:1,http://127.0.0.1:1"], "all of them"),
            (["etcd-user": "u"], "belong together"), (["host": nil], "give --advertise"),
            (["coordinator": nil], "--etcd belongs to --coordinator etcd"), (["etcd": "ftp://a:1"], "use 1 to 9 URLs"),
            (["etcd": "https://a:1/v3"], "use 1 to 9 URLs"), (["etcd-ttl": "1"], "use whole seconds"),
            (["etcd-prefix": "understudy"], "use 2 to 255"), (["coordinator": "consul"], "use lock or etcd"),
        ] as [([String: String?], String)])
    func `A setting that is missing or wrong is named`(changes: [String: String?], text: String) {
        #expect(problem(changes)?.contains(text) == true, "\(problem(changes) ?? "accepted")")
    }

    @Test func `A worker hands its store to the balancer that it starts, with its own address`() throws {
        let given = CoordinatorSettingsTests.whole.merging(["on-release": "true 1"]) { $1 }
        let settings = try Settings.load(.worker, commandLine: given)
        #expect(settings.storeTexts["advertise"] == "10.0.0.1")
        #expect(settings.storeTexts["etcd-certs"] == "/certs")
        // Its host, too, has to give the clients' address away.
        let balancer = try Settings.load(.balancer, commandLine: ["host": "10.0.0.1"])
        let words = BalancerConfiguration(balancer).arguments(adding: settings.storeTexts)
        #expect(words.contains("--on-release=true 1"))
        #expect(try Settings.load(.worker, commandLine: [:]).storeTexts.isEmpty)
    }

    @Test(arguments: ["true", "false"]) func `A successor gets a flag without a value, or not at all`(text: String)
        throws
    {
        let plain = ["coordinator": "etcd", "etcd": "http://127.0.0.1:2379", "host": "10.0.0.1", "insecure-etcd": text]
        let store = try Settings.load(.worker, commandLine: plain).storeTexts
        let settings = try Settings.load(.balancer, commandLine: ["host": "10.0.0.1"])
        let words = BalancerConfiguration(settings).arguments(adding: store)
        #expect(words.contains("--etcd=http://127.0.0.1:2379"))
        #expect(words.filter { $0.hasPrefix("--insecure-etcd") } == (text == "true" ? ["--insecure-etcd"] : []))
    }
}
