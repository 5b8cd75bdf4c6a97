internal import Cluster
internal import ControlPlane
internal import Glibc
internal import Logging
internal import Sockets
internal import Telemetry

/// Performs the commands of operators during a reign, on the control loop.
final class CommandHandler {
    private let context: BalancerContext
    private let control: BalancerControl
    /// Makes the views of the admin port too, at a bounded rate.
    private let feed: AdminFeed
    private let onReload: (@escaping ConfigurationReload.Completion) -> Void
    private let onStop: () -> Void
    private let end: EndOfMembers

    /// - Parameters:
    ///   - reload: reads the configuration file and the certificates again.
    ///   - stop: ends this process in order.
    init(
        context: BalancerContext, control: BalancerControl, feed: AdminFeed,
        reload: @escaping (@escaping ConfigurationReload.Completion) -> Void, stop: @escaping () -> Void
    ) {
        self.context = context
        self.control = control
        self.feed = feed
        onReload = reload
        onStop = stop
        end = EndOfMembers(on: context.loop, log: context.log) { [unowned control] in control.livingMembers }
    }

    /// - Parameter reply: called once.
    func perform(_ request: CommandRequest, reply: @escaping (CommandAnswer) -> Void) {
        switch request {
        case .status: feed.next { reply(.status($0.status)) }
        case .drain(let id): reply(control.drain(id))
        case .undrain(let id): reply(control.undrain(id))
        case .pause(let milliseconds): reply(control.pause(forMilliseconds: milliseconds))
        case .resume: reply(control.resume())
        case .settings: reply(.settings(context.settings))
        case .reload: onReload { reply(CommandHandler.answer(to: $0)) }
        case .stop(let order): reply(stop(order))
        }
    }

    private static func answer(to result: Result<ReloadReport, CommandError>) -> CommandAnswer {
        switch result {
        case .success(let report): .reload(report)
        case .failure(let error): .refused(status: 409, "nothing is reloaded: \(error)")
        }
    }

    private func stop(_ order: StopOrder) -> CommandAnswer {
        let handler = LoopBound(self)
        return .stop(
            StopReport(workers: order.cluster ? control.livingMembers : [], pid: getpid()),
            proceed: { [loop = context.loop] in loop.post { handler.value.proceed(with: order) } })
    }

    private func proceed(with order: StopOrder) {
        context.log.notice("an operator ends \(order.cluster ? "the cluster" : "this process")")
        guard order.cluster else { return onStop() }
        end.begin()
        control.endMembers { [unowned self] in
            end.finish()
            onStop()
        }
    }
}
