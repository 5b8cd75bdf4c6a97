import Foundation

/// Requirements of some scenarios that not every machine meets.
enum Privileges {
    /// Network namespaces, joined by virtual links.
    static let canMakeNamespaces: Bool = {
        let name = "understudy-\(getpid())"
        guard geteuid() == 0, run("ip", "netns", "add", name) else { return false }
        return run("ip", "netns", "delete", name)
    }()

    /// PID namespaces, as containers have them.
    static let canMakeProcessNamespaces: Bool = geteuid() == 0 && run("unshare", Container.options + ["true"])

    static let canMount: Bool = {
        guard geteuid() == 0, let folder = try? Files.makeTemporaryFolder() else { return false }
        defer { Files.remove(folder) }
        return run("mount", "-t", "tmpfs", "-o", "size=64k", "understudy", folder) && run("umount", folder)
    }()

    /// Another user for a process of the tests; nil if the tests do not run as root.
    static let otherUser: uid_t? = geteuid() == 0 ? getpwnam("nobody").map(\.pointee.pw_uid) : nil

    private static func run(_ program: String, _ arguments: String...) -> Bool { run(program, arguments) }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        (try? Command.run(program, arguments))?.status == 0
    }
}
