internal import Glibc
internal import Handover
internal import Settings
internal import Sockets
internal import Telemetry

/// Binds the ports of a balancer that was handed no sockets.
enum BalancerSockets {
    static func bind(_ configuration: BalancerConfiguration) throws(CommandError) -> Listeners {
        Listeners(
            publicSide: try bind(configuration.host, configuration.port, option: "--port"),
            cluster: try bind(configuration.host, configuration.clusterPort, option: "--cluster-port"),
            admin: try bind("127.0.0.1", configuration.adminPort, option: "--admin-port"))
    }

    private static func bind(_ host: String, _ port: UInt16, option: String) throws(CommandError) -> FileDescriptor {
        guard let address = SocketAddress.resolve(host: host, port: port) else {
            throw .usage("--host \(host) is neither an address nor a known name")
        }
        do throws(SystemError) {
            return try listen(on: address)
        } catch {
            let advice =
                error.code == EADDRINUSE
                ? "another process listens there (if it is a worker of this cluster that waits to stand in, stop the workers first): stop it, or give another \(option)"
                : error.message
            throw .failure("can't listen on \(address): \(advice)")
        }
    }

    /// `::` stands for both families. A host without IPv6 has only the other one.
    private static func listen(on address: SocketAddress) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try Socket.listen(on: address)
        } catch {
            guard error.code == EAFNOSUPPORT, address.host == "::",
                let all = SocketAddress(host: "0.0.0.0", port: address.port)
            else { throw error }
            return try Socket.listen(on: all)
        }
    }
}
