internal import ControlPlane
internal import Glibc
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// Asks a balancer for its status again and again, and shows each answer.
final class Watcher {
    private let loop: EventLoop
    private let client: CommandClient
    private let terminal: Terminal?
    private let isJSON: Bool
    private let intervalMilliseconds: Int
    /// The tables that are still to be shown; nil without an end.
    private var left: Int?
    private let timer: LoopTimer
    private var signals: SignalSource?
    private var askedAt: UInt64 = 0
    private var frame = WatchFrame()
    /// The first answer has to come, as for every command.
    private var failure: CommandError?

    /// A balancer that does not answer in this time is reported, and asked again.
    private static let patienceMilliseconds = 5000

    init(of client: CommandClient, intervalMilliseconds: Int, count: Int?, isJSON: Bool) throws(CommandError) {
        self.client = client
        self.intervalMilliseconds = intervalMilliseconds
        self.isJSON = isJSON
        left = count
        do throws(SystemError) {
            loop = try EventLoop()
            signals = try SignalSource([SIGINT, SIGTERM, SIGHUP, SIGWINCH], on: loop) { _ in }
        } catch {
            throw .failure("\(error)")
        }
        terminal = isJSON ? nil : Terminal(on: loop)
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in ask() }
        terminal?.onQuit = { [unowned self] in loop.stop() }
        signals?.handler = { [unowned self] number in
            if number == SIGWINCH { terminal?.draw(frame.lines) } else { loop.stop() }
        }
    }

    /// Returns when a person ends it, or after the last table.
    func run() throws(CommandError) {
        ask()
        loop.run()
        terminal?.restore()
        if let failure { throw failure }
    }

    private func ask() {
        askedAt = loop.now
        client.begin(.status, on: loop, patienceMilliseconds: Watcher.patienceMilliseconds) { [unowned self] in
            received($0)
        }
    }

    private func received(_ answer: Result<[UInt8], CommandError>) {
        switch answer {
        case .success(let bytes):
            guard let report = JSON.decode(StatusReport.self, from: bytes) else {
                failure = .failure("the balancer's answer is not understood: it has another version")
                return loop.stop()
            }
            frame.show(report, at: loop.now)
        case .failure(let error):
            guard frame.hasReport else {
                failure = error
                return loop.stop()
            }
            frame.miss(error.description, at: loop.now)
        }
        show()
    }

    private func show() {
        if let terminal {
            terminal.draw(frame.lines)
        } else {
            let text = isJSON ? frame.json(unixMilliseconds: Clock.unixNanoseconds() / 1_000_000) : frame.text
            guard Terminal.write(text) else { return loop.stop() }
        }
        if let left {
            self.left = left - 1
            if left <= 1 { return loop.stop() }
        }
        timer.set(at: askedAt &+ UInt64(intervalMilliseconds) &* 1_000_000)
    }
}
