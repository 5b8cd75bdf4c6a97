package import Cluster

/// The fence of one host: flock(2) on a file in the state directory, and the last epoch in a second file.
package typealias LockFileFence = HostFence<LockFileStore>

extension LockFileFence {
    package init(directory: StateDirectory) {
        self.init(store: LockFileStore(directory: directory), seed: UInt64.random(in: 0...UInt64.max))
    }
}
