import Foundation

/// Debian's etcd on several hosts. Each host has one member.
final class StoreCluster {
    /// The program of the Debian package etcd-server.
    static let program = "/usr/bin/etcd"
    static var isInstalled: Bool { access(program, X_OK) == 0 }

    private let network: HostNetwork
    private let certificates: String
    private let folder: String
    private let clientPort: UInt16
    private let peerPort: UInt16
    private(set) var members: [SpawnedProcess] = []

    #if TLS
        private static let scheme = "https"
    #else
        private static let scheme = "http"
    #endif

    /// Starts all members.
    init(on network: HostNetwork, certificates: String, in folder: String) throws {
        self.network = network
        self.certificates = certificates
        self.folder = folder
        let ports = try Ports.free(2)
        clientPort = ports[0]
        peerPort = ports[1]
        #if TLS
            let names = network.hosts.flatMap { ["--san", $0.address] }
            try TestCertificates.make(["etcd", "store"] + names, in: certificates)
        #endif
        for host in network.hosts.indices { try startMember(on: host) }
    }

    private func startMember(on host: Int) throws {
        let url = { (address: String, port: UInt16) in "\(StoreCluster.scheme)://\(address):\(port)" }
        let address = network.hosts[host].address
        let all = network.hosts.enumerated().map { "e\($0)=\(url($1.address, peerPort))" }.joined(separator: ",")
        var arguments = [
            "--name", "e\(host)", "--data-dir", "\(folder)/etcd-\(host)", "--listen-client-urls",
            url("0.0.0.0", clientPort), "--advertise-client-urls", url(address, clientPort), "--listen-peer-urls",
            url("0.0.0.0", peerPort), "--initial-advertise-peer-urls", url(address, peerPort), "--initial-cluster", all,
            "--log-level", "error",
        ]
        #if TLS
            let leaf = "\(certificates)/etcd/store/server"
            let authority = "\(certificates)/ca.pem"
            arguments += [
                "--cert-file", "\(leaf).pem", "--key-file", "\(leaf).key", "--trusted-ca-file", authority,
                "--client-cert-auth", "--peer-cert-file", "\(leaf).pem", "--peer-key-file", "\(leaf).key",
                "--peer-trusted-ca-file", authority, "--peer-client-cert-auth",
            ]
        #endif
        let command = network.hosts[host].launcher + [StoreCluster.program] + arguments
        members.append(
            try SpawnedProcess(
                command[0], Array(command.dropFirst()), in: folder, output: "\(folder)/etcd-\(host).log"))
    }

    /// The options of a node on a host. The member of the own host is asked first.
    func arguments(on host: Int) -> [String] {
        let order = [network.hosts[host]] + network.hosts.indices.filter { $0 != host }.map { network.hosts[$0] }
        let urls = order.map { "\(StoreCluster.scheme)://\($0.address):\(clientPort)" }.joined(separator: ",")
        var arguments = ["--coordinator", "etcd", "--etcd", urls, "--etcd-ttl", "2"]
        #if TLS
            arguments += ["--etcd-certs", "\(certificates)/etcd/store"]
        #else
            arguments += ["--insecure-etcd"]
        #endif
        return arguments
    }

    /// The number of hosts that may reign, by the store's list. It is 0 without a list.
    func listedHosts() throws -> Int {
        struct Range: Decodable {
            struct Pair: Decodable { let value: Data }
            let kvs: [Pair]?
        }
        struct List: Decodable { let homes: [String] }
        let host = network.hosts[0]
        let key = Data("/understudy/understudy/successors".utf8).base64EncodedString()
        var command = host.launcher + ["curl", "-q", "-sS", "-m", "20", "-d", "{\"key\": \"\(key)\"}"]
        #if TLS
            let leaf = "\(certificates)/etcd/store/client"
            command += ["--cacert", "\(certificates)/ca.pem", "--cert", "\(leaf).pem", "--key", "\(leaf).key"]
        #endif
        command.append("\(StoreCluster.scheme)://\(host.address):\(clientPort)/v3/kv/range")
        let answer = try Command.run(command[0], Array(command.dropFirst()))
        guard let pair = try JSONDecoder().decode(Range.self, from: Data(answer.text.utf8)).kvs?.first else { return 0 }
        return try JSONDecoder().decode(List.self, from: pair.value).homes.count
    }

    /// Stops or continues members, which then keep their connections.
    func signal(_ number: Int32, _ hosts: [Int]) {
        for host in hosts { members[host].send(number) }
    }
}
