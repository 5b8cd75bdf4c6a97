import Testing

@testable import ControlPlane

@Suite struct LoopbackHostTests {
    @Test(arguments: [
        "localhost", "LocalHost", "LOCALHOST:9000", "localhost:9000", "localhost:", "127.0.0.1", "127.0.0.1:1", "[::1]",
        "[::1]:9000",
    ])
    func theNamesOfThisHostAreItsOwn(authority: String) {
        #expect(LoopbackHost.isNamed(in: authority))
    }

    @Test(arguments: [
        "", "x", "example.org", "example.org:9000", "localhost.example.org", "localhosts", "localhos",
        "127.0.0.1.nip.io", "127.0.0.10", "127.0.0.1@example.org", "[::1].example.org", "[::1", "::1", "[::2]",
        "0.0.0.0", "ocalhost",
        "\u{0}localhost", "LOCALHOST\u{0}", "\u{8c}ocalhost",
    ])
    func othersAreNot(authority: String) {
        #expect(!LoopbackHost.isNamed(in: authority))
    }
}
