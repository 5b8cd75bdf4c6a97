internal import Balancing
internal import Connections

/// One loop's connections to one host.
///
/// A pool holds itself while it has connections, so that a draining pool serves its last requests.
protocol ConnectionPool: AnyObject {
    /// Of connections that the pool opens from now on.
    var limits: UpstreamLimits { get set }
    /// The host's place in the load balancer.
    var slot: Slot { get }
    /// The worker's id, for the access log.
    var name: String { get }

    /// A stream for one request; it may still be connecting. Nil if every connection is full and the pool may open no
    /// more.
    func take() -> (any UpstreamStream)?

    /// A refused request may go to the same host again, over another connection (RFC 9113 8.7). False if a refusal speaks
    /// for the host.
    var refusalConcernsConnection: Bool { get }

    /// Opens a connection in advance, if there is none.
    func warm()

    /// Closes the idle connections: one of them turned out to be dead.
    func dropIdle()

    /// The host answers no more. Idle connections close, and requests that may go elsewhere do.
    func eject()

    /// Later requests use new connections. Present requests end over the present ones.
    func renew()

    /// The host has left. Idle connections close now, and the others close when their requests have ended.
    func drain()
}
