private import Glibc

/// A process that this one may have to kill.
package final class PinnedProcess: Sendable {
    private enum Reach: ~Copyable, Sendable {
        case pinned(ProcessHandle)
        case none
    }

    private let reach: Reach
    /// This process can kill the other one.
    package let isInReach: Bool

    /// Pins `process`. It is out of reach if it is invisible, or if a sandbox forbids pidfd_open(2).
    ///
    /// - Throws: ESRCH if the process has ended, or an error of this process, such as EMFILE.
    package init(_ process: PeerProcess) throws(SystemError) {
        guard case .visible(let number) = process else {
            reach = .none
            isInReach = false
            return
        }
        do throws(SystemError) {
            reach = .pinned(try ProcessHandle(processIdentifier: number))
            isInReach = true
        } catch {
            guard PinnedProcess.isForbidden(error) else { throw error }
            reach = .none
            isInReach = false
        }
    }

    /// Returns whether a sandbox forbids pidfd_open(2), so that every call fails.
    static func isForbidden(_ error: SystemError) -> Bool { [ENOSYS, EPERM].contains(error.code) }

    /// Kills the process at once. Returns false if it is out of reach.
    package func kill() -> Bool {
        switch reach {
        case .pinned(let handle): (try? handle.kill()) != nil
        case .none: false
        }
    }
}
