import Foundation

/// What some scenarios need of the machine, and not every machine grants.
enum Privileges {
    /// Network namespaces, joined by virtual links.
    static let canMakeNamespaces: Bool = {
        let name = "understudy-\(getpid())"
        guard geteuid() == 0, run("ip", "netns", "add", name) else { return false }
        return run("ip", "netns", "delete", name)
    }()

    static let canMount: Bool = {
        guard geteuid() == 0, let folder = try? Files.makeTemporaryFolder() else { return false }
        defer { Files.remove(folder) }
        return run("mount", "-t", "tmpfs", "-o", "size=64k", "understudy", folder) && run("umount", folder)
    }()

    private static func run(_ command: String...) -> Bool {
        (try? Command.run(command[0], Array(command.dropFirst())))?.status == 0
    }
}
