/// The end of a registration.
package enum AdmissionVerdict: Sendable, Equatable {
    /// In the registry. The snapshot goes back with the 200.
    case admitted(Snapshot)
    case refused(Refusal)
}
