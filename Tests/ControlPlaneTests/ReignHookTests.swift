import Cluster
import Foundation
import Sockets
import TestSupport
import Testing

@testable import ControlPlane
@testable import Settings

/// Shell commands that run after a takeover.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ReignHookTests {
    private let folder: TemporaryFolder
    private let loop: TestLoop
    private let log = RecordingLog()
    private let occasion: ReignHook.Occasion

    init() throws {
        folder = try TemporaryFolder()
        loop = try TestLoop()
        var configuration = BalancerConfiguration(
            host: "0.0.0.0", port: 8000, clusterPort: 7000, adminPort: 9000, threads: 1, logLevel: "info",
            insecureBind: false)
        configuration.port = 8443
        let id = try #require(NodeID("worker-8001"))
        occasion = ReignHook.Occasion(
            id: id, epoch: Epoch(77), host: "10.0.0.2", configuration: configuration, isAcrossHosts: true)
    }

    private func makeHook(
        _ command: String, option: String = "--on-takeover", limitMilliseconds: Int = 30_000
    ) -> ReignHook {
        loop.onLoop { [loop, log] in
            ReignHook(
                command: command, option: option, loop: loop.loop, log: log.makeLogger(),
                limitMilliseconds: limitMilliseconds)
        }
    }

    private func run(_ hook: ReignHook) {
        loop.onLoop { [occasion] in hook.run(occasion) }
    }

    private func waitForTheEnd(of hook: ReignHook) {
        #expect(loop.eventually { !hook.isRunning })
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)) ?? ""
    }

    /// Returns whether a process has ended, reaped or not.
    private func hasEnded(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
            return true
        }
        return status.split(separator: ")").last?.split(separator: " ").first == "Z"
    }

    /// The number of open handles of child processes.
    private var handleCount: Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            return target?.contains("pidfd") == true
        }
    }

    @Test func `The command gets the facts of the takeover`() {
        let hook = makeHook(
            "env | grep UNDERSTUDY_ | grep -v UNDERSTUDY_SANITIZER | sort > \(folder.path)/environment; echo $PATH > \(folder.path)/path"
        )
        run(hook)
        waitForTheEnd(of: hook)
        #expect(
            text("environment") == """
                UNDERSTUDY_ACROSS_HOSTS=1
                UNDERSTUDY_CLUSTER_PORT=7000
                UNDERSTUDY_EPOCH=77
                UNDERSTUDY_HOST=10.0.0.2
                UNDERSTUDY_ID=worker-8001
                UNDERSTUDY_PORT=8443

                """)
        #expect(text("path") == "\(ProcessInfo.processInfo.environment["PATH"] ?? "")\n")
        #expect(log.lines == ["info the command of --on-takeover is done"])
        loop.stop()
    }

    @Test(arguments: [("exit 3", 3), ("no-such-command-at-all 2>/dev/null", 127), ("kill -9 $$", 137)])
    func `A failure is logged with its status`(command: String, status: Int) {
        let hook = makeHook(command)
        run(hook)
        waitForTheEnd(of: hook)
        #expect(log.lines == ["error the command of --on-takeover failed status=\(status)"])
        loop.stop()
    }

    @Test func `The command's input is empty`() {
        let hook = makeHook("readlink /proc/self/fd/0 > \(folder.path)/input")
        run(hook)
        waitForTheEnd(of: hook)
        #expect(text("input") == "/dev/null\n")
        loop.stop()
    }

    @Test func `A command that takes too long is killed with all its children`() throws {
        let before = handleCount
        var child: pid_t?
        // On a busy machine the command may not start in time.
        for limit in [300, 3000, 10_000] where child == nil {
            let hook = makeHook("sleep 1000 & echo $! > \(folder.path)/child; wait", limitMilliseconds: limit)
            run(hook)
            waitForTheEnd(of: hook)
            child = pid_t(text("child").trimmingCharacters(in: .newlines))
        }
        #expect(log.lines.last == "error the command of --on-takeover takes too long: killed")
        let started = try #require(child)
        #expect(loop.eventually { hasEnded(started) })
        // Other tests have children of their own meanwhile.
        #expect(loop.eventually { handleCount <= before })
        loop.stop()
    }

    @Test func `The next takeover's command replaces one that still runs`() throws {
        let hook = makeHook("echo $$ >> \(folder.path)/started; test -e \(folder.path)/go || sleep 1000")
        run(hook)
        #expect(loop.eventually { text("started").contains("\n") })
        let first = try #require(pid_t(text("started").trimmingCharacters(in: .newlines)))
        try folder.write("", to: "go")
        run(hook)
        waitForTheEnd(of: hook)
        #expect(hasEnded(first))
        #expect(text("started").split(separator: "\n").count == 2)
        #expect(log.lines.last == "info the command of --on-takeover is done")
        loop.stop()
    }

    @Test func `The documented command compares epochs before it takes the address away`() throws {
        for program in ["ip", "arping"] {
            try folder.write("#!/bin/sh\necho \(program) $* >> \(folder.path)/calls\n", to: program)
            #expect(chmod("\(folder.path)/\(program)", 0o755) == 0)
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../contrib/hooks")
        let hook = makeHook(
            """
            export PATH=\(folder.path):$PATH CLIENTS_ADDRESS_FILE=\(folder.path)/epoch
            exec \(root.standardized.path)/clients-address $(cat \(folder.path)/verb) 10.0.0.100/24 eth0
            """)
        let take = ["ip address replace 10.0.0.100/24 dev eth0", "arping -q -c 3 -A -I eth0 10.0.0.100"]
        let release = ["ip address delete 10.0.0.100/24 dev eth0"]
        // A reign of another host in between has the epochs 2 << 40.
        let steps: [(verb: String, epoch: UInt64, calls: [String])] = [
            ("take", 1 << 40, take), ("release", 1 << 40, release), ("take", 3 << 40, take),
            ("release", 1 << 40, []), ("take", 1 << 40, []), ("take", 3 << 40 + 1, take), ("release", 3 << 40, []),
            ("release", 3 << 40 + 1, release),
        ]
        for step in steps {
            try folder.write(step.verb, to: "verb")
            try folder.write("", to: "calls")
            loop.onLoop { [occasion] in
                hook.run(
                    ReignHook.Occasion(
                        id: occasion.id, epoch: Epoch(step.epoch), host: occasion.host,
                        configuration: occasion.configuration, isAcrossHosts: true))
            }
            waitForTheEnd(of: hook)
            #expect(text("calls").split(separator: "\n").map(String.init) == step.calls, "\(step)")
        }
        #expect(log.lines.allSatisfy { $0.hasPrefix("info") }, "\(log.lines)")
        loop.stop()
    }

    // MARK: Its output

    @Test(arguments: ["--on-takeover", "--on-release"])
    func `The log has the lines that the command prints`(option: String) {
        let hook = makeHook("echo one; echo two >&2; printf 'a\\033[31mb\\nrest'", option: option)
        run(hook)
        waitForTheEnd(of: hook)
        let printed = "info the command of \(option) printed a line line="
        #expect(
            log.lines == [
                printed + "one", printed + "two", printed + "a\u{1b}[31mb", printed + "rest",
                "info the command of \(option) is done",
            ])
        loop.stop()
    }

    @Test func `A command that prints without end waits for nobody, and the log gets few of its lines`() {
        let hook = makeHook("yes x | head -c 300000; yes '' | head -c 100000 | tr '\\n' y")
        run(hook)
        waitForTheEnd(of: hook)
        #expect(loop.eventually { log.lines.count { $0.hasPrefix("warning") } == 1 })
        let printed = log.lines.filter { $0.contains("printed a line") }
        #expect(printed.count <= CommandOutput.maximumLines)
        #expect(printed.allSatisfy { $0.utf8.count <= CommandOutput.maximumLine + 100 })
        let counted = log.lines.compactMap { $0.firstMatch(of: /printed (\d+) more lines/).flatMap { Int($0.1) } }
        // The last line has no end.
        #expect(counted.first == 150_001 - printed.count)
        #expect(log.lines.contains("info the command of --on-takeover is done"))
        loop.stop()
    }

    @Test func `A command that prints faster than the log reads waits`() {
        let hook = makeHook("head -c 9000000 /dev/zero")
        let began = ContinuousClock.now
        run(hook)
        waitForTheEnd(of: hook)
        // The first second allows fewer bytes.
        #expect(ContinuousClock.now - began > .milliseconds(900))
        #expect(log.lines.contains("info the command of --on-takeover is done"))
        loop.stop()
    }

    @Test func `A process that a command leaves behind may print later`() {
        let hook = makeHook("(until test -e \(folder.path)/go; do sleep 0.01; done; echo late) & echo early")
        run(hook)
        waitForTheEnd(of: hook)
        #expect(log.lines.last == "info the command of --on-takeover is done")
        try? folder.write("", to: "go")
        #expect(loop.eventually { log.lines.last == "info the command of --on-takeover printed a line line=late" })
        #expect(loop.eventually { hook.outputCount == 0 })
        loop.stop()
    }

    @Test func `The outputs of past commands are bounded`() {
        let hook = makeHook("sleep 1000 & echo $! >> \(folder.path)/left")
        for number in 1...6 {
            run(hook)
            waitForTheEnd(of: hook)
            #expect(loop.onLoop { hook.outputCount } == min(number, 4))
        }
        for process in text("left").split(separator: "\n").compactMap({ pid_t($0) }) { kill(process, SIGKILL) }
        #expect(loop.eventually { hook.outputCount == 0 })
        loop.stop()
    }
}
