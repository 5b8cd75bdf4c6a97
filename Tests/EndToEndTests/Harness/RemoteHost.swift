import Foundation

/// A network namespace, joined to this one by a virtual link. Each direction can be cut.
final class RemoteHost {
    /// The direction of lost packets.
    enum Loss: CaseIterable {
        case everything
        case fromThere
        case toThere
    }

    let ourAddress: String
    let theirAddress: String
    private let name: String
    private let ourLink: String
    private let theirLink: String
    /// The right entries of both sides' neighbour tables, which `heal` restores.
    private let ourHardware: String
    private let theirHardware: String
    private static let nobody = "02:00:00:00:00:01"

    init() throws {
        let number = UInt16.random(in: 0...0xFFFF)
        let (high, low) = (number >> 8, number & 0xFF)
        name = "understudy-\(getpid())-\(number)"
        (ourLink, theirLink) = ("us\(number)a", "us\(number)b")
        // From 198.18.0.0/15, which RFC 2544 reserves for tests.
        (ourAddress, theirAddress) = ("198.18.\(high).\(low & 0xFC | 1)", "198.18.\(high).\(low & 0xFC | 2)")
        ourHardware = String(format: "02:00:00:%02x:%02x:0a", high, low)
        theirHardware = String(format: "02:00:00:%02x:%02x:0b", high, low)
        try ip("netns", "add", name)
        try ip("link", "add", ourLink, "address", ourHardware, "type", "veth", "peer", "name", theirLink)
        try ip("link", "set", theirLink, "address", theirHardware, "netns", name)
        try ip("address", "add", "\(ourAddress)/30", "dev", ourLink)
        try ip("link", "set", ourLink, "up")
        try ip("-n", name, "address", "add", "\(theirAddress)/30", "dev", theirLink)
        try ip("-n", name, "link", "set", theirLink, "up")
        try ip("-n", name, "link", "set", "lo", "up")
        try heal()
    }

    deinit {
        _ = try? ip("link", "delete", ourLink)
        _ = try? ip("netns", "delete", name)
    }

    /// The command that starts a process on that host.
    var launcher: [String] { ["ip", "netns", "exec", name] }

    /// Sends the packets to a hardware address that no host has. They are lost without a notice.
    func cut(_ loss: Loss) throws {
        if loss != .fromThere { try pointOurs(to: RemoteHost.nobody) }
        if loss != .toThere { try pointTheirs(to: RemoteHost.nobody) }
    }

    func heal() throws {
        try pointOurs(to: theirHardware)
        try pointTheirs(to: ourHardware)
    }

    private func pointOurs(to hardware: String) throws {
        try ip("neighbour", "replace", theirAddress, "lladdr", hardware, "dev", ourLink, "nud", "permanent")
    }

    private func pointTheirs(to hardware: String) throws {
        try ip("-n", name, "neighbour", "replace", ourAddress, "lladdr", hardware, "dev", theirLink, "nud", "permanent")
    }

    private func ip(_ arguments: String...) throws {
        let result = try Command.run("ip", arguments)
        guard result.status == 0 else {
            throw HarnessError("ip \(arguments.joined(separator: " ")) failed: \(result.errors)")
        }
    }
}
