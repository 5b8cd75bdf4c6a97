internal import Cluster
package import Connections
package import Logging
package import Sockets
package import Storage

extension ControlPort {
    /// Makes the port for operators and monitoring systems.
    ///
    /// - Parameters:
    ///   - listener: stays the caller's.
    ///   - feed: of the control loop.
    ///   - counts: of the data loops; called on the port's loop.
    package static func admin(
        listener: Int32, controlLoop: EventLoop, feed: AdminFeed, slots: ConnectionSlots,
        configure: (Server) -> Void = { _ in }, counts: AdminCounts
    ) throws(SystemError) -> ControlPort {
        var streams: PageStreams?
        return try ControlPort(
            name: "admin", listener: listener, provider: TransportProvider(), slots: slots, limits: adminLimits,
            configure: configure, onDrain: { streams?.end() },
            makeService: { loop in
                let ask = views(of: feed, on: controlLoop, for: loop)
                let pages = PageStreams(
                    on: loop, limit: PageStreams.limit(ofPlaces: slots.limit), ask: ask, sample: counts.traffic)
                streams = pages
                let endpoints = AdminEndpoint.all(metrics: counts.metrics, pages: pages)
                let service = AdminService(on: loop, endpoints: endpoints, ask: ask)
                return BufferedService(maximumBody: 0, handler: { service.handle($0) })
            })
    }

    /// Makes the port for monitoring systems on other hosts: `/metrics` and nothing else, under any name.
    ///
    /// - Parameters:
    ///   - listener: stays the caller's.
    ///   - feed: of the control loop.
    package static func metrics(
        listener: Int32, controlLoop: EventLoop, feed: AdminFeed, slots: ConnectionSlots, counts: AdminCounts
    ) throws(SystemError) -> ControlPort {
        try ControlPort(
            name: "metrics", listener: listener, provider: TransportProvider(), slots: slots, limits: adminLimits,
            // When strangers hold every place, a monitoring system still gets one.
            configure: { $0.closesOldestWhenFull = true },
            makeService: { loop in
                let service = AdminService(
                    on: loop, endpoints: [.metrics(counts.metrics)], checksHost: false,
                    ask: views(of: feed, on: controlLoop, for: loop))
                return BufferedService(maximumBody: 0, handler: { service.handle($0) })
            })
    }

    /// A client that does not read its response holds memory and a connection, so it has less time than at the public port.
    private static var adminLimits: DownstreamLimits {
        var limits = DownstreamLimits()
        limits.stallMilliseconds = 10_000
        return limits
    }

    /// Requests views from the control loop for another loop.
    private static func views(
        of feed: AdminFeed, on controlLoop: EventLoop, for loop: EventLoop
    ) -> (_ receive: @escaping (AdminView) -> Void) -> Void {
        let feed = LoopBound(feed)
        return { receive in
            let receive = LoopBound(receive)
            controlLoop.post { feed.value.next { view in loop.post { receive.value(view) } } }
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

    /// Makes `admin.sock` for the commands of operators.
    ///
    /// - Parameter perform: performs a command on the control loop, and answers once, on any loop.
    package static func commands(
        in directory: StateDirectory, controlLoop: EventLoop, slots: ConnectionSlots, log: Logger,
        perform: @escaping (CommandRequest, _ reply: @escaping @Sendable (CommandAnswer) -> Void) -> Void
    ) throws(SystemError) -> ControlPort {
        try commands(
            in: directory, controlLoop: controlLoop, slots: slots, permits: CommandSocket.permits, log: log,
            perform: perform)
    }

    /// - Parameter permits: decides whether a process of this user gets answers.
    static func commands(
        in directory: StateDirectory, controlLoop: EventLoop, slots: ConnectionSlots,
        permits: @escaping (UInt32) -> Bool, log: Logger,
        perform: @escaping (CommandRequest, _ reply: @escaping @Sendable (CommandAnswer) -> Void) -> Void
    ) throws(SystemError) -> ControlPort {
        let perform = LoopBound(perform)
        var limits = DownstreamLimits()
        limits.stallMilliseconds = 10_000
        // When the socket is full, an operator still gets a connection.
        let keepPlace = { (server: Server) in server.closesOldestWhenFull = true }
        // The port has a duplicate of this socket.
        let socket = try CommandSocket.listen(in: directory)
        return try ControlPort(
            name: "commands", listener: socket.rawValue, provider: PermittedUsers(permits), slots: slots,
            limits: limits, configure: keepPlace
        ) { loop in
            let service = CommandService(on: loop, directory: directory, log: log) { request, reply in
                controlLoop.post { perform.value(request, reply) }
            }
            return BufferedService(maximumBody: CommandRequest.maximumBody, handler: { service.handle($0) })
        }
    }
}
