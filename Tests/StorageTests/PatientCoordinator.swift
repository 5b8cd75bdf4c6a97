import Cluster
import Foundation

@testable import Storage

extension LockFileFence {
    /// Retries for a while after this process has released the lock. A child that another test has just started holds
    /// every descriptor of this process, and so the lock, until it becomes its program.
    mutating func acquirePatiently(after: Epoch) -> FenceAttempt {
        let deadline = Date(timeIntervalSinceNow: 20)
        while true {
            let grant = acquire(after: after)
            guard case .heldByOther = grant, Date() < deadline else { return grant }
            sched_yield()
        }
    }
}
