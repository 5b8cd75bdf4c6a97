/// Replaces the settings that a balancer sends to other hosts, because their values need modules that this target does
/// not link. `ForeignConfigurationTests` tests the real type.
package struct ForeignConfiguration: Codable, Sendable, Equatable {}
