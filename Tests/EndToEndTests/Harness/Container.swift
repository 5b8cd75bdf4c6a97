import Foundation

/// A PID namespace of its own for a process, as in a container with the host's network and files.
enum Container {
    static let options = ["--pid", "--fork", "--kill-child", "--mount-proc"]
    /// A command that starts a program as the first process of a new namespace, and waits for its end.
    static let launcher = ["unshare"] + options

    /// The first process in a namespace that `launcher` made, by its number outside.
    static func process(of launcher: SpawnedProcess) throws -> pid_t {
        var found: pid_t?
        try waitUntil("a container has started its process") {
            found = ProcessTable.children(of: launcher.identifier).first
            return found != nil
        }
        guard let found else { throw HarnessError("no process in a container") }
        return found
    }
}
