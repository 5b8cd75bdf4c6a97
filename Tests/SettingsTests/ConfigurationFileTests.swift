import Balancing
import Connections
import Telemetry
import Testing

@testable import Settings

@Suite struct ConfigurationFileTests {
    private func read(_ text: String, _ program: Settings.Program = .balancer) -> (Settings, [String]) {
        let file = ConfigurationFile(text, path: "f")
        var problems = file.problems
        let settings = Settings(program, file: file.entries, commandLine: [], &problems)
        return (settings, problems.sorted().map(\.description))
    }

    @Test func `Values are plain or quoted, and comments are left out`() {
        let (settings, problems) = read(
            """
            ---
            # A comment.

            port: 8443   # the public one
            access-log: '/var/log/it''s.log'
            host: "::"
            queue-timeout: 2
            insecure-bind: true
            rate-limit: 10:20
            """)
        #expect(problems.isEmpty, "\(problems)")
        #expect(settings.port == 8443 && settings.accessLog == "/var/log/it's.log" && settings.host == "::")
        #expect(settings.requests.queueMilliseconds == 2000 && settings.bindsInsecurely && settings.rate?.burst == 20)
    }

    @Test func `A list and a text with commas have the same meaning`() {
        for etcd in [
            "'http://127.0.0.1:1,http://127.0.0.1:2'", "[http://127.0.0.1:1, http://127.0.0.1:2]",
            "\n  - http://127.0.0.1:1\n  - http://127.0.0.1:2",
        ] {
            let (settings, problems) = read("coordinator: etcd\nadvertise: 10.0.0.1\netcd: \(etcd)\n")
            #expect(problems.isEmpty, "\(problems)")
            #expect(settings.given["etcd"] == "http://127.0.0.1:1,http://127.0.0.1:2")
        }
    }

    @Test func `A command may have several lines`() {
        let (settings, problems) = read(
            "balancer: 127.0.0.1:7000\non-takeover: |\n  ip address add 10.0.0.100/24 dev eth0\n  echo done: yes\n",
            .worker)
        #expect(problems.isEmpty, "\(problems)")
        #expect(settings.given["on-takeover"] == "ip address add 10.0.0.100/24 dev eth0\necho done: yes\n")
    }

    @Test func `All mistakes of a file are found at once, with their lines`() {
        let (settings, problems) = read(
            """
            port: http
            que-timeout: 1s
            nonsense: 1
            threads: 0
            capacity: 2
            limits:
            head-timeout: 2s
            insecure-bind: yes
            replace: true
            head-timeout: 3s
            port-number: {http: 1}
            etcd: [http://127.0.0.1:2379, ~]
            host: [a, b]
            just words
            threads: 0
            """)
        #expect(
            problems == [
                "f:1: port http: use a number from 1 to 65535",
                "f:2: unknown key que-timeout: did you mean queue-timeout?", "f:3: unknown key nonsense",
                "f:4: threads 0: use a number from 1 to 1024", "f:5: capacity is a setting of the worker",
                "f:6: limits: a value has to follow, or leave the line out",
                "f:8: insecure-bind yes: use true or false",
                "f:9: replace can only be given on the command line", "f:10: head-timeout stands in line 7 already",
                "f:11: port-number: settings are not nested",
                "f:12: etcd: the list needs values, and each one is a text or a number",
                "f:13: host takes one value and no list", "f:14: is not of the form name: value",
            ])
        // The settings before a mistake of YAML are read.
        #expect(settings.downstream.headMilliseconds == 2000)
    }

    @Test func `Settings that exclude each other are a mistake of the file`() {
        #expect(
            read("port: 7000").1 == ["f:1: --port, --cluster-port and --admin-port must be three different ports"])
        #expect(read("takeover-without-quorum: true", .worker).1.first?.contains("give --across-hosts too") == true)
        #expect(read("across-hosts: true\nno-standby: true", .worker).1.first?.contains("exclude each other") == true)
        for name in ["health-path: /up", "health-host: a.test", "health-status: 200", "health-timeout: 2s"] {
            #expect(read(name, .worker).1.first?.contains("give --forward too") == true, "\(name)")
        }
        let application = "forward: http://127.0.0.1:3000\n"
        for name in ["health-host: a.test", "health-status: 200"] {
            #expect(read(application + name, .worker).1.first?.contains("give --health-path too") == true, "\(name)")
        }
        #expect(read(application + "health-timeout: 2s", .worker).1 == [])
    }

    @Test func `The command line has precedence over the file, and the file over the base`() {
        var problems: [SettingProblem] = []
        let settings = Settings(
            .balancer, base: ["threads": "2", "port": "1", "retries": "0", "a-later-version": "x"],
            file: [
                SettingEntry(name: "port", text: "2", place: SettingPlace(path: "f", line: 1)),
                SettingEntry(name: "queue-size", text: "7", place: SettingPlace(path: "f", line: 2)),
            ], commandLine: [SettingEntry(name: "port", text: "3")], &problems)
        #expect(problems.isEmpty)
        #expect(
            settings.port == 3 && settings.threads == 2 && settings.requests.retries == 0
                && settings.loadBalancer.queue == 7)
        #expect(settings.given == ["threads": "2", "port": "3", "retries": "0", "queue-size": "7"])
    }
}
