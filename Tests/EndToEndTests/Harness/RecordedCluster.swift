import Foundation

/// A cluster with one worker and an application that records the bytes of one hop.
final class RecordedCluster {
    let application: RecordingApplication
    let cluster: TestCluster
    /// `Tests/Tools/recording_worker.py`, if the hop is the one to the worker.
    private var recordingWorker: SpawnedProcess?

    init(
        _ hop: Hop,
        _ answer: @escaping @Sendable (CanonicalRequest) -> RecordingApplication.Answer = { _ in
            RecordingApplication.ok()
        }
    ) throws {
        application = try RecordingApplication(at: hop, answer)
        switch hop {
        case .application:
            cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
        case .worker:
            cluster = try TestCluster(workers: 0)
            try startRecordingWorker()
            try cluster.waitUntilReady(1)
        }
    }

    deinit { tearDown() }

    func tearDown() {
        recordingWorker?.end()
        cluster.tearDown()
        application.stop()
    }

    private func startRecordingWorker() throws {
        var arguments = [
            "\(Files.packageRoot)/Tests/Tools/recording_worker.py", "--id", "worker-8001", "--port",
            "\(try Ports.free(1)[0])", "--balancer", "\(cluster.clusterPort)", "--application", "\(application.port)",
        ]
        if TestCertificates.scheme == "https" { arguments += ["--certs", cluster.certificates] }
        recordingWorker = try SpawnedProcess(
            "python3", arguments, in: cluster.folder, output: "\(cluster.folder)/worker-8001.log")
    }
}
