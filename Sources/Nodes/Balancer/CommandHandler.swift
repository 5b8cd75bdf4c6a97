internal import ControlPlane
internal import Telemetry

/// Performs the commands of operators during a reign, on the control loop.
final class CommandHandler {
    private let context: BalancerContext
    private let control: BalancerControl
    private let onReload: () throws(CommandError) -> ReloadReport

    /// - Parameter reload: reads the configuration file and the certificates again, or throws and changes nothing.
    init(
        context: BalancerContext, control: BalancerControl,
        reload: @escaping () throws(CommandError) -> ReloadReport
    ) {
        self.context = context
        self.control = control
        onReload = reload
    }

    /// - Parameter reply: called once.
    func perform(_ request: CommandRequest, reply: (CommandAnswer) -> Void) {
        switch request {
        case .drain(let id): reply(control.drain(id))
        case .undrain(let id): reply(control.undrain(id))
        case .settings: reply(.settings(context.settings))
        case .reload: reply(reload())
        }
    }

    private func reload() -> CommandAnswer {
        do throws(CommandError) {
            return .reload(try onReload())
        } catch {
            return .refused(status: 409, "nothing is reloaded: \(error)")
        }
    }
}
