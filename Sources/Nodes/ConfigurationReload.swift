internal import ControlPlane
internal import Logging
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// Reads the configuration file and the certificates of a running process again, for SIGHUP and for `balancer reload`.
///
/// The disk thread reads, and the control loop uses the result. One reload runs at a time. The others wait in order, so that
/// each answer describes what its own reload has changed.
///
/// All or nothing: if the file or a certificate has a mistake, nothing changes. The log says the same as the result.
final class ConfigurationReload {
    typealias Completion = (Result<ReloadReport, CommandError>) -> Void

    /// A disk that hangs answers none of them.
    static let maximumWaiting = 16

    private let loop: EventLoop
    private let disk: DiskThread
    private let certificates: CertificateWatch
    private let log: Logger
    /// What to do about a setting that only a new process adopts.
    private let advice: String
    private let settings: () -> Settings
    private let adopt: (SettingsChange, _ then: @escaping () -> Void) -> Void
    private var waiting: [Completion] = []
    private var isRunning = false

    /// - Parameters:
    ///   - settings: returns the present settings.
    ///   - adopt: uses the live settings of a change, and calls `then` when a successor has them.
    init(
        loop: EventLoop, disk: DiskThread, certificates: CertificateWatch, log: Logger, advice: String,
        settings: @escaping () -> Settings, adopt: @escaping (SettingsChange, _ then: @escaping () -> Void) -> Void
    ) {
        self.loop = loop
        self.disk = disk
        self.certificates = certificates
        self.log = log
        self.advice = advice
        self.settings = settings
        self.adopt = adopt
    }

    /// - Parameter completion: called once.
    func request(then completion: @escaping Completion) {
        guard waiting.count < ConfigurationReload.maximumWaiting else {
            return completion(.failure(.failure("\(waiting.count) reloads wait for the disk: try again later")))
        }
        waiting.append(completion)
        beginNext()
    }

    /// The same for a signal, which gets no answer. A reload that has not begun reads what this one would read.
    func request() {
        if waiting.isEmpty { request { _ in } }
    }

    private func beginNext() {
        guard !isRunning, !waiting.isEmpty else { return }
        isRunning = true
        let completion = waiting.removeFirst()
        let read = { @Sendable [present = settings()] () throws(CommandError) in try present.readAgain() }
        disk.run(on: loop, { Result(catching: read) }, then: { [weak self] in self?.proceed(with: $0, completion) })
    }

    private func proceed(with result: Result<SettingsChange?, CommandError>, _ completion: @escaping Completion) {
        switch result {
        case .failure(let error):
            log.error("nothing is reloaded, because the configuration file has a mistake: \(error)")
            end(.failure(error), completion)
        case .success(let change):
            certificates.readNow { [weak self] error in
                if let error { self?.end(.failure(error), completion) } else { self?.use(change, completion) }
            }
        }
    }

    /// The certificates are in use since this turn.
    private func use(_ change: SettingsChange?, _ completion: @escaping Completion) {
        let report = ReloadReport(change, file: settings().configurationFile)
        guard let change else { return end(.success(report), completion) }
        adopt(change) { [weak self] in self?.end(.success(report), completion) }
        if !change.deferred.isEmpty {
            log.warning("\(advice)", metadata: ["settings": "\(change.deferred.joined(separator: ","))"])
        }
    }

    private func end(_ result: Result<ReloadReport, CommandError>, _ completion: Completion) {
        isRunning = false
        completion(result)
        beginNext()
    }
}
