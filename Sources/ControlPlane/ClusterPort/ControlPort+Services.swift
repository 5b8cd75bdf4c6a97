internal import Cluster
package import Connections
package import Logging
package import Sockets

extension ControlPort {
    /// Makes the port for operators and monitoring systems.
    ///
    /// - Parameters:
    ///   - listener: stays the caller's.
    ///   - feed: of the control loop.
    ///   - metrics: makes the metrics of a view; called on the port's loop.
    package static func admin(
        listener: Int32, controlLoop: EventLoop, feed: AdminFeed, slots: ConnectionSlots,
        configure: (Server) -> Void = { _ in }, metrics: @escaping @Sendable (AdminView) -> String
    ) throws(SystemError) -> ControlPort {
        let feed = LoopBound(feed)
        // A client that does not read its response holds memory and a connection, so it has less time than at the
        // public port.
        var limits = DownstreamLimits()
        limits.stallMilliseconds = 10_000
        return try ControlPort(
            name: "admin", listener: listener, provider: TransportProvider(), slots: slots, limits: limits,
            configure: configure
        ) { loop in
            let service = AdminService(on: loop, metrics: metrics) { receive in
                let receive = LoopBound(receive)
                controlLoop.post { feed.value.next { view in loop.post { receive.value(view) } } }
            }
            return BufferedService(maximumBody: 0, handler: { service.handle($0) })
        }
    }

    /// Makes the port for the nodes of the cluster.
    ///
    /// - Parameters:
    ///   - listener: stays the caller's.
    ///   - provider: of this port alone.
    ///   - control: of the control loop.
    package static func cluster(
        listener: Int32, provider: TransportProvider, controlLoop: EventLoop, control: BalancerControl,
        slots: ConnectionSlots, log: Logger, configure: (Server) -> Void = { _ in }
    ) throws(SystemError) -> ControlPort {
        let control = LoopBound(control)
        return try ControlPort(
            name: "cluster", listener: listener, provider: provider, slots: slots, configure: configure
        ) { loop in
            let service = ClusterService(
                on: loop, cluster: control.value.certificates.identity?.cluster, log: log,
                forward: { request in controlLoop.post { control.value.handle(request) } },
                forwardEnd: { connection in controlLoop.post { control.value.connectionEnded(connection) } })
            return BufferedService(
                maximumBody: BalancerControl.maximumBody, judge: { service.refusal(of: $0) },
                handler: { service.handle($0) },
                onClose: { service.connectionClosed($0) })
        }
    }
}
