/// Connects to the first of several addresses that accepts: the sockets and the timer of an `AddressRace`.
///
/// It belongs to one loop. It ends with its completion or with `cancel`.
package final class ConnectRace {
    /// One connect in progress.
    private final class Attempt: EventSource {
        var socket: FileDescriptor?
        let address: SocketAddress
        var onReady: () -> Void = {}

        init(_ socket: consuming FileDescriptor, to address: SocketAddress) {
            self.socket = consume socket
            self.address = address
        }

        override func ready(_ readiness: Readiness) { onReady() }
    }

    /// The end of the race.
    package enum Outcome {
        /// `takeSocket` gives the connected socket.
        case connected(SocketAddress)
        case failed(SystemError)
    }

    private let loop: EventLoop
    private let timer: LoopTimer
    private var race: AddressRace
    private var attempts: [Int: Attempt] = [:]
    private var events: [AddressRace.Event] = []
    private var isFeeding = false
    private var winner: FileDescriptor?
    private var completion: ((Outcome) -> Void)?

    /// - Parameters:
    ///   - addresses: in the resolver's order.
    ///   - completion: called once, perhaps before `start` returns; not after `cancel`.
    package init(on loop: EventLoop, to addresses: [SocketAddress], completion: @escaping (Outcome) -> Void) {
        self.loop = loop
        self.completion = completion
        race = AddressRace(addresses)
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in feed(.tick) }
    }

    package func start() { feed(.begin) }

    /// The connected socket. Nil before the end of the race, and after the first call.
    package func takeSocket() -> FileDescriptor? { winner.take() }

    package func cancel() {
        completion = nil
        events = []
        timer.remove()
        for attempt in attempts.values { loop.unwatch(attempt) }
        attempts = [:]
    }

    /// The only caller of `race.feed`. Events that an effect causes are handled after the other effects.
    private func feed(_ event: AddressRace.Event) {
        events.append(event)
        guard !isFeeding else { return }
        isFeeding = true
        var outcome: Outcome?
        while !events.isEmpty {
            for effect in race.feed(events.removeFirst(), now: loop.now) { outcome = perform(effect) ?? outcome }
        }
        isFeeding = false
        if let outcome {
            let completion = completion
            cancel()
            completion?(outcome)
        } else if let deadline = race.nextDeadline {
            timer.set(at: deadline)
        } else {
            timer.cancel()
        }
    }

    private func perform(_ effect: AddressRace.Effect) -> Outcome? {
        switch effect {
        case .connect(let address, let number):
            do throws(SystemError) {
                let attempt = Attempt(try Socket.connect(to: address).take(), to: address)
                attempts[number] = attempt
                attempt.onReady = { [weak self] in self?.ready(number) }
                // An immediate connect is reported as writable, like any other.
                try loop.watch(attempt, descriptor: attempt.socket?.rawValue ?? -1, for: .writable)
            } catch {
                attempts[number] = nil
                events.append(.failed(attempt: number, error))
            }
            return nil
        case .close(let number):
            if let attempt = attempts.removeValue(forKey: number) { loop.unwatch(attempt) }
            return nil
        case .won(let number):
            guard let attempt = attempts.removeValue(forKey: number) else { return nil }
            loop.unwatch(attempt)
            winner = attempt.socket.take()
            return .connected(attempt.address)
        case .lost(let error):
            return .failed(error)
        }
    }

    private func ready(_ number: Int) {
        guard let attempt = attempts[number], let descriptor = attempt.socket?.rawValue else { return }
        let code = Socket.pendingError(descriptor)
        if code == 0 {
            feed(.connected(attempt: number))
        } else {
            attempts[number] = nil
            loop.unwatch(attempt)
            feed(.failed(attempt: number, SystemError("connect", code: code)))
        }
    }
}
