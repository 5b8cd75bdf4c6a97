package import Settings
package import Sockets
package import Storage

/// A worker's settings, with the places in them.
package struct WorkerOptions: Sendable {
    let settings: Settings
    let address: SocketAddress
    /// The addresses where a balancer may run; at least one.
    let balancers: [Endpoints.Place]
    let directory: StateDirectory
    /// The application behind `--forward`; nil serves the built-in tasks.
    let application: Endpoints.Application?

    package init(
        settings: Settings, address: SocketAddress, balancers: [Endpoints.Place], directory: StateDirectory,
        application: Endpoints.Application?
    ) {
        self.settings = settings
        self.address = address
        self.balancers = balancers
        self.directory = directory
        self.application = application
    }
}
