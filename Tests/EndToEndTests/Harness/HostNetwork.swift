import Foundation

/// Hosts in one network: network namespaces on a bridge. Each can be unplugged.
final class HostNetwork {
    struct Host {
        let name: String
        let address: String
        /// The bridge's end of the host's cable.
        fileprivate let port: String

        /// The command that starts a process on that host.
        var launcher: [String] { ["ip", "netns", "exec", name] }
    }

    let hosts: [Host]
    private let bridge: String

    init(hosts count: Int) throws {
        let number = UInt16.random(in: 0...0xFFFF)
        let bridge = "ub\(number)"
        self.bridge = bridge
        // From 198.18.0.0/15, which RFC 2544 reserves for tests. The other harness uses the lower half.
        let (third, first) = (number >> 8, Int(number & 0xE0))
        hosts = (0..<count).map { index in
            Host(
                name: "understudy-\(getpid())-\(number)-\(index)", address: "198.19.\(third).\(first + 2 + index)",
                port: "\(bridge)p\(index)")
        }
        try ip("link", "add", bridge, "type", "bridge")
        try ip("address", "add", "198.19.\(third).\(first + 1)/27", "dev", bridge)
        try ip("link", "set", bridge, "up")
        for host in hosts {
            try ip("netns", "add", host.name)
            try ip("link", "add", host.port, "type", "veth", "peer", "name", "eth0", "netns", host.name)
            try ip("-n", host.name, "address", "add", "\(host.address)/27", "dev", "eth0")
            try ip("-n", host.name, "link", "set", "eth0", "up")
            try ip("-n", host.name, "link", "set", "lo", "up")
            try ip("link", "set", host.port, "master", bridge)
            try plug(host)
        }
    }

    deinit {
        for host in hosts {
            _ = try? ip("link", "delete", host.port)
            _ = try? ip("netns", "delete", host.name)
        }
        _ = try? ip("link", "delete", bridge)
    }

    /// Cuts the host off in both directions, without a notice to its peers.
    func unplug(_ host: Host) throws { try ip("link", "set", host.port, "down") }

    func plug(_ host: Host) throws { try ip("link", "set", host.port, "up") }

    /// Kills all processes of the host at once.
    ///
    /// Kills take effect one after the other. Without the SIGSTOP a worker could see the end of the balancer and take over
    /// before its own end.
    func killAll(on host: Host) throws {
        for signal in [SIGSTOP, SIGKILL] {
            for line in try ip("netns", "pids", host.name).split(separator: "\n") {
                if let process = pid_t(line) { kill(process, signal) }
            }
        }
    }

    @discardableResult
    private func ip(_ arguments: String...) throws -> String {
        let result = try Command.run("ip", arguments)
        guard result.status == 0 else {
            throw HarnessError("ip \(arguments.joined(separator: " ")) failed: \(result.errors)")
        }
        return result.text
    }
}
