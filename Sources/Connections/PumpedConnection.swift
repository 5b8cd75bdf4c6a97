internal import HTTP
internal import Sockets

/// A connection whose bytes a `TransportPump` moves: it takes what the pump receives.
protocol PumpedConnection: AnyObject {
    var pump: TransportPump { get set }
    var loop: EventLoop { get }
    /// The source that the loop watches for this connection.
    var pumpSource: EventSource { get }
    /// The space in which the transport may put input. Valid during one `received`.
    var inputSpace: UnsafeMutableBufferPointer<UInt8> { get }
    /// True if the connection takes more input now. The receive loop asks before each piece.
    var takesInput: Bool { get }

    /// Takes the next bytes, lent for this call.
    func received(_ bytes: UnsafeBufferPointer<UInt8>)

    /// The peer has ended its direction. `pump.isInputEnded` is the connection's to set.
    func inputEnded()

    func inputFailed(_ error: TransportError)

    /// Tells the loop what the connection waits for.
    func updateInterest()
}

extension PumpedConnection {
    /// Receives the bytes that have arrived, at most as many as one turn of the loop allows.
    func receiveInput() {
        var turn = InputTurn()
        while takesInput,
            let result = turn.receive(from: pump.transport, using: inputSpace, for: pumpSource, on: loop)
        {
            switch result {
            case .bytes(let bytes): received(bytes)
            case .wouldBlock(let direction):
                if direction == .write {
                    pump.blockWriting()
                    updateInterest()
                }
                return
            case .endOfStream: return inputEnded()
            case .failed(let error): return inputFailed(error)
            }
        }
    }
}

extension PumpedConnection where Self: EventSource {
    var pumpSource: EventSource { self }
    var inputSpace: UnsafeMutableBufferPointer<UInt8> { loop.scratch }
}
