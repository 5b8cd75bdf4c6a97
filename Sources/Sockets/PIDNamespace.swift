private import Glibc

/// The PID namespace of this process (pid_namespaces(7)). A container usually has one of its own.
///
/// A process number belongs to its namespace: two containers may both have a process 7.
package enum PIDNamespace {
    /// The inode number of this process's namespace; nil if /proc does not show it. No two living namespaces of one
    /// kernel share a number.
    package static let own: UInt64? = {
        var status = stat()
        return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : nil
    }()

    /// The namespace of the first process of the system, outside of all containers. The number is a constant of Linux
    /// (`PROC_PID_INIT_INO`).
    package static let initial: UInt64 = 0xEFFF_FFFC

    /// The end of this process is probably the end of its container: it is the first process of its namespace, or a
    /// child of that one.
    package static var endsWithThisProcess: Bool {
        // As sd_booted(3) finds out whether systemd is the first process.
        ends(withChildOf: getppid(), inNamespace: own, systemdRuns: access("/run/systemd/system", F_OK) == 0)
    }

    /// A container that systemd manages goes on when one of its services ends.
    ///
    /// - Parameter parent: 0 for the first process of a namespace, and 1 for its children.
    static func ends(withChildOf parent: Int32, inNamespace own: UInt64?, systemdRuns: Bool) -> Bool {
        own != initial && (parent == 0 || parent == 1 && !systemdRuns)
    }
}
