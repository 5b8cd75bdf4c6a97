import Balancing
import Cluster

/// The data planes and their clients, as in `ProxyExchange`, `LoadBalancer` and `WorkerExchange`.
extension World {
    private static let maximumRetries = 2

    /// A client sends a request to a balancer.
    func clientAsks(_ process: Int) {
        guard process >= 0, balancers[process].isAlive, balancers[process].stage == .reigning else { return }
        push(after(30...120), .clientAsks(process))
        guard balancers[process].status == .running, balancers[process].isAccepting else { return }
        requests += 1
        coverage.see(.request)
        send(Attempt(request: requests, isIdempotent: chance(50), process: process))
    }

    /// Sends a request to a worker, if the load balancer has one for it.
    private func send(_ request: Attempt) {
        let process = request.process
        guard balancers[process].isAlive else { return }
        guard let worker = balancers[process].loadBalancer.acquire(excluding: request.tried) else { return }
        var attempt = request
        attempt.number += 1
        attempt.slot = worker.slot
        attempt.id = worker.entry.id
        attempt.incarnation = worker.entry.incarnation
        attempt.host = host(named: worker.entry.host) ?? 0
        attempt.port = worker.entry.port
        checkSending(attempt)
        dispatch(attempt)
    }

    /// Sends an attempt under the balancer's present epoch.
    private func dispatch(_ request: Attempt) {
        var attempt = request
        let process = attempt.process
        attempt.epoch = balancers[process].requestEpoch
        attempt.sentAt = now
        balancers[process].attempts.append(attempt)
        if let arrival = arrival(from: balancers[process].host, to: attempt.host) {
            push(arrival, .requestArrives(attempt))
        } else {
            // The balancer can't connect, or it sends the request and gets no response.
            let end = chance(50) ? AttemptEnd.neverArrived : .failed
            push(after(milliseconds: 1000), .requestAnswered(attempt, .ended(end)))
        }
    }

    /// A request arrives at the address of its worker.
    func arrive(_ attempt: Attempt) {
        guard hosts[attempt.host].isUp else { return }
        guard let index = listener(host: attempt.host, port: attempt.port), workers[index].record.id == attempt.id
        else {
            // No process listens, or the certificate is of another node. The balancer sends no byte of the request.
            reply(.ended(.neverArrived), to: attempt)
            return
        }
        perform(.toWorker(index, life: workers[index].life, .requestWaits(attempt)))
    }

    /// A worker gets a request, and compares its epoch before it reads the request.
    func serve(_ attempt: Attempt, at index: Int) {
        if let lie = lieAboutRequest(at: index) {
            reply(lie, to: attempt)
            return
        }
        switch FenceVerdict(of: attempt.epoch, highest: workers[index].gate) {
        case .stale(let highest):
            coverage.see(.fencedRequest)
            tell("\(workers[index].record.id) refuses epoch \(attempt.epoch.value) and knows epoch \(highest.value)")
            reply(.fenced(highest), to: attempt)
            return
        case .absurd:
            reply(.ended(.failed), to: attempt)
            return
        case .newer:
            workers[index].gate = attempt.epoch
            let before = workers[index].highestSeen
            actWorker(index) { _ = $0.requestSeen(epoch: attempt.epoch) }
            workers[index].highestSeen = max(before, attempt.epoch)
        case .current: break
        }
        checkReading(attempt, by: index)
        let isCurrent = isUnderWay(attempt)
        if !isCurrent { coverage.see(.readByHungWorker) }
        let isSick = workers[index].sickUntil.map { $0 > now } ?? false
        push(after(0...60), .requestAnswered(attempt, isSick ? .ended(.failed) : .answered))
    }

    private func reply(_ result: AttemptResult, to attempt: Attempt) {
        if let arrival = arrival(from: attempt.host, to: balancers[attempt.process].host) {
            push(arrival, .requestAnswered(attempt, result))
        } else {
            push(after(milliseconds: 1000), .requestAnswered(attempt, .ended(.failed)))
        }
    }

    /// Ends the connections to a dead worker, at all balancers.
    func breakOff(requestsAt index: Int) {
        let record = workers[index].record
        for process in live {
            for attempt in balancers[process].attempts
            where attempt.id == record.id && attempt.port == record.port && attempt.host == workers[index].host {
                push(soon(), .requestAnswered(attempt, .ended(.brokeOff)))
            }
        }
    }

    private func isUnderWay(_ attempt: Attempt) -> Bool { position(of: attempt) != nil }

    private func position(of attempt: Attempt) -> Int? {
        balancers[attempt.process].attempts.firstIndex {
            $0.request == attempt.request && $0.number == attempt.number && $0.epoch == attempt.epoch
        }
    }

    /// Hands the end of an attempt to its balancer.
    func finish(_ attempt: Attempt, _ result: AttemptResult) {
        let process = attempt.process
        guard balancers[process].isAlive, let position = position(of: attempt), let slot = attempt.slot else { return }
        if balancers[process].status == .paused {
            push(after(milliseconds: 20), .requestAnswered(attempt, result))
            return
        }
        if case .answered = result, blocked[attempt.host][balancers[process].host] > 0 {
            push(after(milliseconds: 1000), .requestAnswered(attempt, .ended(.failed)))
            return
        }
        balancers[process].attempts.remove(at: position)
        switch result {
        case .answered:
            ledger.answer(attempt.request)
            release(slot, after: nil, by: attempt)
        case .fenced(let seen): fenced(attempt, by: slot, seen: seen)
        case .ended(let end):
            release(slot, after: end == .failed ? .response : .connection, by: attempt)
            retry(attempt, after: end)
        }
        if balancers[process].isDraining, balancers[process].attempts.isEmpty {
            feed(.drained, to: process)
        }
    }

    private func release(_ slot: Slot, after fault: RequestFault?, by attempt: Attempt) {
        let process = attempt.process
        let isNews = balancers[process].loadBalancer.note(failed: fault != nil, at: slot)
        balancers[process].loadBalancer.release(slot)
        guard isNews, let id = attempt.id else { return }
        actBalancer(process) { core in
            if let fault {
                core.requestFailed(id, incarnation: attempt.incarnation, fault, now: self.now)
            } else {
                core.requestSucceeded(id, incarnation: attempt.incarnation, now: self.now)
            }
        }
    }

    private func retry(_ ended: Attempt, after end: AttemptEnd) {
        guard let slot = ended.slot, balancers[ended.process].isAlive else { return }
        guard ended.number <= World.maximumRetries, RetryLaw.allows(end, isIdempotent: ended.isIdempotent) else {
            coverage.see(.lostRequest)
            return
        }
        coverage.see(.retry)
        var next = ended
        next.tried.insert(slot)
        send(next)
    }

    /// Handles the refusal of a worker that has met a later reign. The worker has not read the request.
    private func fenced(_ attempt: Attempt, by slot: Slot, seen: Epoch) {
        let process = attempt.process
        guard balancers[process].stage == .leaving, balancers[process].isOrderly else {
            _ = balancers[process].loadBalancer.note(failed: true, at: slot)
            balancers[process].loadBalancer.release(slot)
            guard let id = attempt.id else { return }
            let address = workers.first { $0.record.id == id }.flatMap(\.core.reignAddress)
            actBalancer(process) {
                $0.epochRefused(by: id, incarnation: attempt.incarnation, seen: seen, at: address, now: self.now)
            }
            retry(attempt, after: .neverArrived)
            return
        }
        // After an orderly end, a balancer finishes its requests under the epoch of its successor.
        if balancers[process].requestEpoch > attempt.epoch {
            dispatch(attempt)
        } else {
            balancers[process].attempts.append(attempt)
            push(after(milliseconds: 10), .requestAnswered(attempt, .fenced(seen)))
        }
    }

    /// Withdraws requests from ejected workers, and sends each to another worker if the retry rules permit it.
    func withdrawAttempts(of process: Int) {
        for attempt in balancers[process].attempts {
            guard let slot = attempt.slot, balancers[process].loadBalancer.state(of: slot) == .ejected,
                attempt.number <= World.maximumRetries, !ledger.isAnswered(attempt.request),
                RetryLaw.allows(.withdrawn, isIdempotent: attempt.isIdempotent),
                let position = position(of: attempt)
            else { continue }
            balancers[process].attempts.remove(at: position)
            balancers[process].loadBalancer.release(slot)
            var next = attempt
            next.tried.insert(slot)
            coverage.see(.retry)
            send(next)
        }
    }
}
