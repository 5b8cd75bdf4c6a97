/// The paths of the cluster protocol, version 1.
package enum ClusterPaths {
    package static let register = "/cluster/v1/register"
    package static let watch = "/cluster/v1/watch"
    package static let drain = "/cluster/v1/drain"
    package static let leave = "/cluster/v1/leave"
    package static let scout = "/cluster/v1/scout"
    package static let prevote = "/cluster/v1/prevote"
    /// The probe; told apart from a client's request for the same path by the field `understudy-probe`.
    package static let health = "/health"
}
