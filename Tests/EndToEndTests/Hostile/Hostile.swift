import Testing

extension Defences {
    /// Every known attack, on every port of a cluster that serves honest clients meanwhile. After each attack
    /// `UnderAttack` checks the same invariants.
    ///
    /// The attacks of all suites here run against one cluster, one after another, because their effects must not add up
    /// either.
    @Suite(.underAttack) enum Hostile {}
}

/// Gives the tests of a suite one cluster to attack.
struct UnderAttackTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let fixture = UnderAttack()
        defer { fixture.end() }
        try await UnderAttack.$current.withValue(fixture) { try await function() }
    }
}

extension Trait where Self == UnderAttackTrait {
    /// See `UnderAttack`.
    static var underAttack: Self { Self() }
}
