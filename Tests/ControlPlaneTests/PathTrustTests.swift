import Cluster
import Foundation
import TestSupport
import Testing

@testable import ControlPlane

/// The paths of certificates that another user of the host can change.
@Suite struct PathTrustTests {
    private typealias Entry = PathTrust.Entry

    private static let own: UInt32 = 1000

    /// A host with these components. A directory that is not listed belongs to root and has mode 0755.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let path: String
        /// As `OWNER MODE`, with ` -> TARGET` for a link.
        let entries: [String: String]
        /// The component at fault, and `refused` or `doubt`; nil if there is none.
        let fault: String?

        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "a folder of root", path: "/etc/understudy/certs/a.key",
            entries: ["/etc/understudy/certs/a.key": "0 600"], fault: nil),
        Case(
            name: "a folder of this user below /tmp", path: "/tmp/certs/a.key",
            entries: ["/tmp": "0 1777", "/tmp/certs": "1000 700", "/tmp/certs/a.key": "1000 600"], fault: nil),
        Case(
            name: "another user's folder below /tmp", path: "/tmp/certs/a.key",
            entries: ["/tmp": "0 1777", "/tmp/certs": "1001 755", "/tmp/certs/a.key": "1000 600"],
            fault: "/tmp/certs refused"),
        Case(
            name: "a directory for everybody", path: "/srv/a.key",
            entries: ["/srv": "0 777", "/srv/a.key": "1000 600"],
            fault: "/srv refused"),
        Case(
            name: "a key for everybody", path: "/etc/a.key", entries: ["/etc/a.key": "0 602"],
            fault: "/etc/a.key refused"),
        Case(
            name: "a sticky file is no directory", path: "/etc/a.pem", entries: ["/etc/a.pem": "0 1666"],
            fault: "/etc/a.pem refused"),
        Case(
            name: "a secret of Kubernetes", path: "/run/secrets/a.key",
            entries: [
                "/run/secrets": "0 3777", "/run/secrets/a.key": "0 777 -> ..data/a.key",
                "/run/secrets/..data": "0 777 -> ..2026_11_29", "/run/secrets/..2026_11_29": "0 2755",
                "/run/secrets/..2026_11_29/a.key": "0 440",
            ], fault: nil),
        Case(
            name: "a link of another user in a directory for everybody", path: "/tmp/a.key",
            entries: ["/tmp": "0 1777", "/tmp/a.key": "1001 777 -> /etc/a.key", "/etc/a.key": "0 600"],
            fault: "/tmp/a.key refused"),
        Case(
            name: "a folder of a container's other user", path: "/certs/a.key",
            entries: ["/certs": "501 755", "/certs/a.key": "501 600"], fault: "/certs doubt"),
        Case(
            name: "a group may change a directory", path: "/home/u/certs/a.key",
            entries: ["/home/u": "1000 755", "/home/u/certs": "1000 775", "/home/u/certs/a.key": "1000 600"],
            fault: "/home/u/certs doubt"),
        Case(
            name: "a group may change a certificate", path: "/etc/a.pem", entries: ["/etc/a.pem": "0 664"],
            fault: "/etc/a.pem doubt"),
        Case(
            name: "the worst fault counts", path: "/certs/sub/a.key",
            entries: ["/certs": "501 755", "/certs/sub": "501 777", "/certs/sub/a.key": "501 600"],
            fault: "/certs/sub refused"),
        Case(
            name: "a link leads past an unsafe directory", path: "/etc/certs/a.pem",
            entries: ["/etc/certs": "0 777 -> ../srv/certs", "/srv": "0 777", "/srv/certs/a.pem": "0 644"],
            fault: "/srv refused"),
        Case(
            name: "links in a circle", path: "/etc/certs/a.pem", entries: ["/etc/certs": "0 777 -> /etc/certs"],
            fault: nil),
    ]

    @Test(arguments: cases) func `A path that others can change is refused or doubted`(_ example: Case) throws {
        let trust = PathTrust(user: PathTrustTests.own) { path in
            let text = example.entries[path] ?? "0 755"
            let halves = text.components(separatedBy: " -> ")
            let numbers = halves[0].split(separator: " ")
            let isFile = path.hasSuffix(".pem") || path.hasSuffix(".key")
            return Entry(
                kind: halves.count > 1 ? .link(to: halves[1]) : isFile ? .file : .directory,
                owner: UInt32(numbers[0]) ?? 0, mode: UInt32(numbers[1], radix: 8) ?? 0)
        }
        let fault = trust.fault(of: example.path)
        #expect(fault.map { "\($0.path) \($0.isRefused ? "refused" : "doubt")" } == example.fault)
        #expect(fault?.text.contains("\n") != true)
    }

    @Test func `The files of this host are looked at`() throws {
        let root = try TemporaryFolder()
        try root.write("", to: "a.pem")
        try FileManager.default.createDirectory(atPath: "\(root.path)/open", withIntermediateDirectories: true)
        try root.write("", to: "open/b.pem")
        try FileManager.default.createSymbolicLink(
            atPath: "\(root.path)/link.pem", withDestinationPath: "open/b.pem")
        #expect(chmod("\(root.path)/open", 0o777) == 0)
        #expect(PathTrust.here.fault(of: "\(root.path)/a.pem") == nil)
        for name in ["open/b.pem", "link.pem"] {
            let fault = try #require(PathTrust.here.fault(of: "\(root.path)/\(name)"))
            #expect(fault.isRefused && fault.path.hasSuffix("/open"))
            #expect(fault.cure == "run 'chmod o-w \(fault.path)'")
        }
        let folder = CertificateFolder(
            path: "\(root.path)/open", id: try #require(NodeID("worker-8001")), role: .worker)
        try root.write("", to: "open/ca.pem")
        #expect(folder.authorityProblem?.contains("/open can be changed by every user of this host") == true)
    }
}
