import Cluster

/// The checks of the order in which a reign begins and ends.
extension World {
    /// Checks that a standby has its listeners before it asks for an epoch. A failed bind must not use up an epoch.
    func checkAcquire(by process: Int) {
        if balancers[process].owner != nil, !balancers[process].hasListeners {
            violate(.fenceOrder, "balancer \(process) asks for an epoch without listeners")
        }
    }

    func checkAccept(_ epoch: Epoch, at process: Int) {
        let balancer = balancers[process]
        if balancer.epoch != epoch || epoch == .none {
            violate(.fenceOrder, "balancer \(process) accepts under epoch \(epoch.value), which it was not granted")
        }
        if lease == nil, hosts[balancer.host].directory.holder != process {
            violate(.fenceOrder, "balancer \(process) accepts without the lock")
        }
        if !balancer.hasListeners { violate(.fenceOrder, "balancer \(process) accepts without listeners") }
        if balancer.isListening { violate(.fenceOrder, "balancer \(process) begins a second reign") }
    }

    func checkRelease(by process: Int) {
        if balancers[process].isListening {
            violate(.fenceOrder, "balancer \(process) releases its fence while its loops accept")
        }
    }

    /// With a lease that is renewed as long as the process lives, this end would never come.
    func checkExit(of process: Int) {
        let holder = lease.map(\.holder) ?? hosts[balancers[process].host].directory.holder
        // A lock that is on its way to a replacement is free when that process ends.
        if holder == process, balancers[process].epoch != .none {
            violate(.fenceOrder, "balancer \(process) ends with its grant")
        }
    }
}
