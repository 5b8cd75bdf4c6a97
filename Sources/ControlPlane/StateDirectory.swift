private import Glibc
internal import Sockets

/// The directory that the balancer and the workers of one host and one cluster share: 0700, nobody else's business.
package struct StateDirectory: Sendable {
    package let path: String

    /// Makes the directory where it is missing; refuses one that others can enter or that is not ours.
    package init(path: String) throws(CommandError) {
        self.path = path
        try StateDirectory.makeDirectories(path)
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .usage("\(path) is no directory: give another --state-dir")
        }
        guard status.st_uid == geteuid() else {
            throw .usage("\(path) belongs to another user: give a --state-dir of your own")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .usage("\(path) is open to others: run 'chmod 700 \(path)', or give another --state-dir")
        }
        guard SocketAddress(unixPath: path + "/handover.sock") != nil else {
            throw .usage("\(path) is too long for a socket in it: give a --state-dir of at most 93 bytes")
        }
    }

    /// `$XDG_STATE_HOME/understudy`, else `~/.local/state/understudy`.
    package static var defaultPath: String {
        if let home = getenv("XDG_STATE_HOME").map({ String(cString: $0) }), home.hasPrefix("/") {
            return home + "/understudy"
        }
        let home = getenv("HOME").map { String(cString: $0) } ?? "/tmp"
        return home + "/.local/state/understudy"
    }

    /// Held with flock(2) by the balancer that reigns.
    package var lock: String { path + "/balancer.lock" }
    package var epoch: String { path + "/epoch" }
    /// See `EpochReservation`.
    package var epochReservation: String { path + "/epoch-reserved" }
    /// The options of the present balancer: what a successor starts with.
    package var configuration: String { path + "/balancer.json" }
    package var handoverSocket: String { path + "/handover.sock" }
    package var balancerLog: String { path + "/balancer.log" }
    package func snapshot(of id: String) -> String { path + "/snapshot-\(id).json" }

    /// The snapshot files of all workers.
    package func snapshots() -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("snapshot-") && name.hasSuffix(".json") { names.append(path + "/" + name) }
        }
        return names
    }

    private static func makeDirectories(_ path: String) throws(CommandError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o700) != 0 && errno != EEXIST {
                throw .usage("\(made) can't be made (\(String(cString: strerror(errno)))): give another --state-dir")
            }
        }
    }
}
