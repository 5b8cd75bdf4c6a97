internal import Connections
internal import Glibc
internal import Logging
import Settings
internal import Sockets
internal import Tasks
import Telemetry

/// Many workers in one process, to measure the cost of a registry with thousands of workers. Each has a certificate, a
/// port, a registration and a watch of its own, and serves the built-in tasks. All share one loop.
///
///     swarm COUNT FIRST_PORT CLUSTER_PORT CERTS
///
/// The workers are worker-FIRST_PORT and so on. After the preparation the program prints `prepared`. A line on standard
/// input starts all registrations at once. `joined SECONDS` gives the time until the last one was admitted. The end of
/// standard input ends the program.
///
/// In contrast to workers they store no snapshot: thousands of copies of a list of thousands do not fit into one
/// machine.
@main
struct Swarm {
    let loop: EventLoop
    let members: [SwarmMember]

    static func main() {
        let words = CommandLine.arguments
        guard words.count == 5, let count = Int(words[1]), let first = UInt16(words[2]), let cluster = UInt16(words[3])
        else {
            fail("usage: swarm COUNT FIRST_PORT CLUSTER_PORT CERTS")
        }
        ProcessLogHandler.install(level: .error)
        _ = DescriptorLimit.raise()
        do {
            let swarm = try Swarm(count: count, first: first, cluster: cluster, certs: words[4])
            say("prepared")
            guard readLine() != nil else { exit(0) }
            swarm.join()
        } catch {
            fail("\(error)")
        }
    }

    init(count: Int, first: UInt16, cluster: UInt16, certs: String) throws {
        loop = try EventLoop()
        let slots = ConnectionSlots(limit: .max)
        let files = SharedFile(path: "/dev/null")
        var members: [SwarmMember] = []
        for port in first..<first + UInt16(count) {
            members.append(
                try SwarmMember(port: port, cluster: cluster, certs: certs, loop: loop, slots: slots, files: files))
        }
        self.members = members
    }

    func join() {
        let began = Clock.monotonicNanoseconds()
        var left = members.count
        for member in members {
            member.onAdmitted = {
                left -= 1
                if left == 0 { Swarm.say("joined \(Double(Clock.monotonicNanoseconds() - began) / 1e9)") }
            }
            member.register()
        }
        let ending = EndOfInput()
        do {
            try loop.watch(ending, descriptor: STDIN_FILENO, for: [.readable])
        } catch {
            Swarm.fail("\(error)")
        }
        loop.run()
    }

    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    static func fail(_ reason: String) -> Never {
        print("swarm: \(reason)")
        exit(1)
    }
}

/// Ends the process at the end of standard input: the parent process has ended or wants the end.
private final class EndOfInput: EventSource {
    override func ready(_ readiness: Readiness) { exit(0) }
}
