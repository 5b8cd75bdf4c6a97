package import Cluster
internal import Sockets

/// The pledge of this host, in the state directory.
package enum PledgeFile {
    /// The last pledge of the present boot; nil if there was none.
    package static func read(in directory: StateDirectory) -> Pledge? {
        directory.files.read(StateDirectory.Name.pledge).flatMap { Pledge($0, in: KernelStart.present) }
    }

    /// Gives a pledge for this host; nil if a balancer here reigns or claims, or if the pledge can't be written.
    ///
    /// The host's lock is held meanwhile, so that no balancer of this host claims between the decision and the write.
    ///
    /// - Parameter known: the highest epoch that the worker has met.
    package static func give(
        _ request: PledgeRequest, of lockDomain: LockDomain, known: Epoch, in directory: StateDirectory
    ) -> Pledge? {
        LockFileStore.whileFree(in: directory) {
            let boot = KernelStart.present
            let saved = directory.files.read(StateDirectory.Name.lease).flatMap { SavedLease($0, in: boot) }
            let now = Instant(nanoseconds: Clock.bootNanoseconds())
            guard !boot.isEmpty, let pledge = request.pledge(of: lockDomain, known: known, saved: saved, now: now)
            else { return nil }
            do throws(SystemError) {
                try directory.files.overwrite(StateDirectory.Name.pledge, with: pledge.bytes(in: boot))
                return pledge
            } catch {
                return nil
            }
        }
    }
}
