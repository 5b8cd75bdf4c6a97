internal import ControlPlane

/// Performs the commands of operators during a reign, on the control loop.
final class CommandHandler {
    private let control: BalancerControl

    init(control: BalancerControl) { self.control = control }

    /// - Parameter reply: called once.
    func perform(_ request: CommandRequest, reply: (CommandAnswer) -> Void) {
        switch request {
        case .drain(let id): reply(control.drain(id))
        case .undrain(let id): reply(control.undrain(id))
        }
    }
}
