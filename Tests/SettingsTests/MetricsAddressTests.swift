import Sockets
import Testing

@testable import Settings

@Suite struct MetricsAddressTests {
    @Test(arguments: [
        ("10.0.0.5", "10.0.0.5:9001"), ("10.0.0.5:80", "10.0.0.5:80"), ("::", "[::]:9001"), ("[::1]", "[::1]:9001"),
        ("[2001:db8::1]:9102", "[2001:db8::1]:9102"), ("0.0.0.0", "0.0.0.0:9001"),
    ]) func `An address may have a port`(text: String, address: String) {
        #expect(MetricsAddress(text)?.address.description == address)
        #expect(MetricsAddress(text)?.text == text)
    }

    @Test(arguments: [
        "", ":9001", "host", "host:9001", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:65536", "10.0.0.5:9001,10.0.0.6:9001",
        "10.0.0.5:9001,", "[::1", "::1]:5", "10.0.0.5 ", "http://10.0.0.5",
    ]) func `A name, a list or another text is refused`(text: String) {
        #expect(MetricsAddress(text) == nil)
    }
}
