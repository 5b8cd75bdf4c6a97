import Cluster
import Foundation

@testable import ControlPlane

extension LockFileCoordinator {
    /// Tries for a while where this process has let go of the lock: a child that another test has just started holds every
    /// descriptor of this one, and with them the lock, until it has become its program.
    mutating func acquirePatiently(after: Epoch) -> CoordinatorGrant {
        let deadline = Date(timeIntervalSinceNow: 20)
        while true {
            let grant = acquire(after: after)
            guard case .heldByOther = grant, Date() < deadline else { return grant }
            sched_yield()
        }
    }
}
