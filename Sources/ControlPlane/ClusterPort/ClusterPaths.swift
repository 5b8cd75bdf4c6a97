/// The paths of the cluster protocol, version 1.
package enum ClusterPaths {
    package static let register = "/cluster/v1/register"
    package static let watch = "/cluster/v1/watch"
    package static let drain = "/cluster/v1/drain"
    package static let leave = "/cluster/v1/leave"
    package static let standIn = "/cluster/v1/stand-in"
    package static let discover = "/cluster/v1/scout"
    package static let prevote = "/cluster/v1/prevote"
    package static let pledge = "/cluster/v1/pledge"
    /// The probe. The field `understudy-probe` distinguishes it from a client's request for the same path.
    package static let health = "/health"
}
