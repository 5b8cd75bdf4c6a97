internal import Cluster
internal import ControlPlane
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// The coordinators that a balancer can use.
///
/// A further coordinator is a type that implements `Coordinator`, and one case here. The lock of the host's state directory is
/// there for every coordinator: inside a host it decides which process may ask.
enum Coordinators {
    /// - Parameter isByHand: a person starts the process, not a worker.
    static func make(
        for context: BalancerContext, over lock: LockFileStore, isByHand: Bool
    ) throws(CommandError) -> any Coordinator {
        switch context.settings.coordinator.kind {
        case .lock: HostCoordinator(store: lock)
        case .etcd: try etcd(context, lock, isByHand)
        }
    }

    private static func etcd(
        _ context: BalancerContext, _ lock: LockFileStore, _ isByHand: Bool
    ) throws(CommandError) -> any Coordinator {
        let settings = context.settings
        let host = settings.coordinator.advertisedHost ?? settings.host
        guard let lockDomain = context.lockDomain else {
            throw .failure("\(context.directory.path) can't be given a name: --coordinator etcd needs one")
        }
        let resolver: Resolver
        do throws(SystemError) { resolver = try Resolver() } catch { throw .failure("\(error)") }
        let access = try StoreAccess(
            settings.coordinator, certificates: context.certificates, provider: context.storeProvider,
            resolver: resolver)
        let hook = settings.coordinator.releaseCommand.map {
            ReignHook(command: $0, option: "--on-release", loop: context.loop, log: context.log)
        }
        return EtcdCoordinator(
            loop: context.loop, directory: context.directory, lock: lock,
            claimant: LeaseCore.Claimant(
                lockDomain: lockDomain, address: BalancerAddress(host: host, port: settings.clusterPort),
                isByHand: isByHand, policy: settings.coordinator.lossPolicy),
            access: access, timing: LeaseTiming(lifetimeSeconds: settings.coordinator.lifetimeSeconds), hook: hook,
            occasion: { [unowned context] epoch in
                ReignHook.Occasion(
                    id: context.settings.nodeID, epoch: epoch, host: host, configuration: context.configuration,
                    isAcrossHosts: true)
            }, log: context.log)
    }
}
