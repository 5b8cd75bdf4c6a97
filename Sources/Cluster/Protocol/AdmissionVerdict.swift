/// The end of a registration.
package enum AdmissionVerdict: Sendable, Equatable {
    /// The worker is in the registry. The snapshot is the content of the 200.
    case admitted(Snapshot)
    case refused(Refusal)
}
