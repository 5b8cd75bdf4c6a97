private import Glibc
package import Sockets
package import Telemetry

/// The directory that the balancer and the workers of one host and one cluster share, with mode 0700.
///
/// A process opens it once (`SafePath`) and reaches its files by name. A later change of the path has no effect on this
/// process.
package struct StateDirectory: Sendable {
    package let files: SafeDirectory

    /// The names of the files.
    package enum Name {
        /// Locked by the reigning balancer with flock(2).
        package static let lock = "balancer.lock"
        package static let epoch = "epoch"
        /// See `EpochReservation`.
        package static let epochReservation = "epoch-reserved"
        /// The options of the present balancer, which a successor uses.
        package static let configuration = "balancer.json"
        package static let handoverSocket = "handover.sock"
        /// The commands of operators.
        package static let commandSocket = "admin.sock"
        /// Standard error of balancers that workers started. After a rotation a second file has the older lines.
        package static let balancerLog = LogRotation.fileName
        package static let lockDomain = "home"
        /// The start of the kernel that has read `lockDomain` last.
        static let lockDomainBoot = "home-boot"
        /// See `TakeoverRecord`.
        package static let takeovers = "takeovers.json"
        /// See `SavedLease`.
        package static let lease = "lease"
        /// See `Pledge`.
        package static let pledge = "pledge"

        package static func snapshot(of id: String) -> String { "snapshot-\(id).json" }

        /// The balancer's copy of the worker list after an order of an operator. No worker can have this id.
        package static let balancerSnapshot = snapshot(of: "_balancer")

        static func isSnapshot(_ name: String) -> Bool { name.hasPrefix("snapshot-") && name.hasSuffix(".json") }
    }

    /// Creates a missing directory. Throws if other users can enter, change or replace the directory.
    package init(path: String) throws(CommandError) {
        do throws(SafePath.Problem) {
            files = try SafePath.open(path)
        } catch {
            let advice = error.cure.map { "run '\($0)', or give another --state-dir" } ?? "give another --state-dir"
            throw .usage("\(error.path) \(error.reason): \(advice)")
        }
    }

    /// Opens an existing directory to read it, also as root that of another user.
    package init(reading path: String) throws(SystemError) {
        files = try SafeDirectory(ofAnyUser: path)
    }

    /// `$XDG_STATE_HOME/understudy`, or else `~/.local/state/understudy`. Without a home directory:
    /// `/var/lib/understudy` for root. Other users have to name a directory, because all other default folders are
    /// shared.
    package static func defaultPath() throws(CommandError) -> String {
        if let folder = getenv("XDG_STATE_HOME").map({ String(cString: $0) }), folder.hasPrefix("/") {
            return folder + "/understudy"
        }
        if let home = getenv("HOME").map({ String(cString: $0) }), home.hasPrefix("/") {
            return home + "/.local/state/understudy"
        }
        guard geteuid() == 0 else {
            throw .usage(
                "HOME is not set, so there is no default for the state directory: give a --state-dir of your own")
        }
        return "/var/lib/understudy"
    }

    package var path: String { files.path }

    // The path for messages. Files are opened by name in the directory.

    package var lock: String { "\(path)/\(Name.lock)" }
    package var balancerLog: String { "\(path)/\(Name.balancerLog)" }
}
