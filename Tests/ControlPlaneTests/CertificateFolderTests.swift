import Cluster
import Foundation
import TestSupport
import Testing

@testable import ControlPlane

/// The cures for certificate files that a process can't use.
@Suite struct CertificateFolderTests {
    private func folder(_ path: String, _ role: Role) throws -> CertificateFolder {
        CertificateFolder(path: path, id: try #require(NodeID("worker-8001")), role: role)
    }

    private func write(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: path))
    }

    @Test func `A node's host never gets a second CA`() throws {
        let root = try TemporaryFolder()
        let (worker, balancer) = (try folder(root.path, .worker), try folder(root.path, .balancer))
        #expect(balancer.authorityProblem == "\(root.path)/ca.pem is missing: run 'certs/make-certs' to make it")
        let copy = "\(root.path)/ca.pem is missing: copy it from the folder in which certs/make-certs made it"
        #expect(worker.authorityProblem?.hasPrefix(copy) == true)
        try write("\(root.path)/nodes/worker-8001/worker.pem")
        #expect(balancer.authorityProblem?.hasPrefix(copy) == true)
        try write("\(root.path)/ca.pem")
        #expect(worker.authorityProblem == nil && balancer.authorityProblem == nil)
    }

    @Test func `A node's certificate is made where the CA's key is`() throws {
        let root = try TemporaryFolder()
        let worker = try folder(root.path, .worker)
        let missing = "\(root.path)/nodes/worker-8001/worker.pem is missing: run 'certs/make-certs node worker-8001' "
        #expect(worker.leafProblem(.worker) == missing + "on the host that has ca.key, and copy it from there")
        try write("\(root.path)/ca.key")
        #expect(worker.leafProblem(.worker) == missing + "to make it")
        try write("\(root.path)/nodes/worker-8001/worker.pem")
        #expect(worker.leafProblem(.worker)?.hasPrefix("\(root.path)/nodes/worker-8001/worker.key is missing") == true)
        try write("\(root.path)/nodes/worker-8001/worker.key")
        #expect(worker.leafProblem(.worker) == nil)
        #expect(worker.leafProblem(.balancer)?.contains("balancer.pem is missing") == true)
        #expect(worker.publicProblem == "\(root.path)/public.pem is missing: run 'certs/make-certs' to make it")
    }

    /// Root may read every file, so the test uses a path through a file.
    @Test func `A file that can't be read is not missing`() throws {
        let root = try TemporaryFolder()
        try write("\(root.path)/file")
        let problem = try folder("\(root.path)/file", .worker).authorityProblem
        #expect(problem?.hasPrefix("\(root.path)/file/ca.pem can't be read: Not a directory") == true)
    }
}
