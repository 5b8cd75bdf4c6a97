import Glibc
import Testing

@testable import Sockets

/// Addresses that the kernel reports.
@Suite struct SocketAddressTests {
    private func reported(_ host: String) throws -> SocketAddress? {
        let address = try #require(SocketAddress(host: host, port: 8080))
        return address.withSockaddr { pointer, _ in SocketAddress(storage: UnsafeRawPointer(pointer)) }
    }

    @Test(arguments: ["127.0.0.1", "255.1.2.3", "::1", "2001:db8::7", "::", "::1.2.3.4", "::fffe:102:304"])
    func `An address is reported as it is`(host: String) throws {
        #expect(try reported(host)?.description == (SocketAddress(host: host, port: 8080)?.description))
    }

    @Test func `An IPv4 peer of a socket for both families has its IPv4 address`() throws {
        let address = try reported("::ffff:192.0.2.7")
        #expect(address?.description == "192.0.2.7:8080")
        #expect(address?.family == .ipv4)
    }
}
