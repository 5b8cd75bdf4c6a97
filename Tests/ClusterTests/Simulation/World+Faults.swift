import Cluster

/// What goes wrong.
extension World {
    /// One blow of fate.
    func doHarm() {
        let index = Int(random.below(UInt32(members.count)))
        switch random.below(100) {
        case 0..<18: acceptors.last.map(killBalancer)
        case 18..<34: acceptors.last.map(pauseBalancer)
        case 34..<48: killMember(index)
        case 48..<62: pauseMember(index)
        case 62..<72: cutWatch(of: index)
        case 72..<82:
            loss = random.below(25)
            slowness = random.below(25)
        case 82..<92:
            loss = 0
            slowness = 0
        default: intrude()
        }
    }

    /// The end of all faults: what is paused goes on, what is dead is started again.
    func calmDown() {
        loss = 0
        slowness = 0
        for process in balancers.indices { resumeBalancer(process) }
        for index in members.indices {
            resumeMember(index)
            restartMember(index)
        }
    }

    func resumeMember(_ index: Int) {
        guard members[index].status == .paused else { return }
        members[index].status = .running
        let waiting = members[index].inbox
        members[index].inbox = []
        // Whether timers or sockets come first after a long sleep is the event loop's whim.
        let isTimerFirst = chance(50)
        if isTimerFirst { actMember(index) { $0.tick(now: self.now) } }
        for input in waiting { perform(.toMember(index, life: members[index].life, input)) }
        if !isTimerFirst { actMember(index) { $0.tick(now: self.now) } }
    }

    /// A new start of a worker that is dead, with the snapshot that its last life left, or an older one.
    func restartMember(_ index: Int) {
        guard members[index].status == .dead else { return }
        members[index].status = .running
        members[index].life += 1
        members[index].record.incarnation += 1
        members[index].registerCall += 1
        members[index].watchCall += 1
        if members[index].disk.count > 1, chance(20) {
            members[index].disk.removeLast(1 + Int(random.below(UInt32(members[index].disk.count - 1))))
        }
        let snapshot = members[index].disk.last
        members[index].core = MemberCore(
            record: members[index].record, settings: settings, snapshot: snapshot, seed: random.next(), now: now
        )
        members[index].highestSeen = members[index].core.highestEpoch
        members[index].lastSnapshot = members[index].core.snapshot
        members[index].wakeAt = nil
        actMember(index) { $0.start(now: self.now) }
    }

    func resumeBalancer(_ process: Int) {
        guard balancers[process].status == .paused else { return }
        balancers[process].status = .running
        balancers[process].pausedSince = nil
        let waiting = balancers[process].inbox
        balancers[process].inbox = []
        for input in waiting { perform(.toBalancer(process, input)) }
        guard balancers[process].status == .running else { return }
        actBalancer(process) { $0.tick(now: self.now) }
    }

    private func pauseBalancer(_ process: Int) {
        guard balancers[process].status == .running else { return }
        balancers[process].status = .paused
        let time = 20 + Int64(random.below(3000))
        queue.push(after(milliseconds: time), .resumeBalancer(process))
        if isLease, time > 1000 { queue.push(after(milliseconds: 1000), .releaseLock(process)) }
    }

    private func killMember(_ index: Int) {
        guard members[index].status != .dead else { return }
        members[index].status = .dead
        members[index].inbox = []
        members[index].pinned = nil
        if let process = members[index].connectedTo {
            members[index].connectedTo = nil
            let record = members[index].record
            queue.push(soon(), .toBalancer(process, .watchLost(record.id, incarnation: record.incarnation)))
        }
        queue.push(after(milliseconds: 20 + Int64(random.below(2000))), .restartMember(index))
    }

    private func pauseMember(_ index: Int) {
        guard members[index].status == .running else { return }
        members[index].status = .paused
        members[index].wakeAt = nil
        let time = 20 + Int64(random.below(1500))
        queue.push(after(milliseconds: time), .resumeMember(index, life: members[index].life))
    }

    /// The watch connection breaks though both ends live.
    private func cutWatch(of index: Int) {
        guard members[index].status != .dead, let process = members[index].connectedTo else { return }
        members[index].connectedTo = nil
        members[index].watchCall += 1
        let record = members[index].record
        let failure = MemberInput.watchFailed(.closed, call: members[index].watchCall)
        queue.push(soon(), .toMember(index, life: members[index].life, failure))
        queue.push(soon(), .toBalancer(process, .watchLost(record.id, incarnation: record.incarnation)))
    }

    /// Somebody claims what is not his: another's name, another's port, or a role that he has not.
    private func intrude() {
        guard let process = acceptors.last, balancers[process].status == .running else { return }
        let victim = members[Int(random.below(UInt32(members.count)))].record
        var later = victim
        later.incarnation += 5
        let claims: [(Registration, NodeIdentity)] = [
            (registration(later), worker("intruder")),
            (registration(later), worker(victim.id.text, cluster: "elsewhere")),
            (registration(later), identity(victim.id.text, .balancer)),
            (claim("intruder", port: victim.port), worker("intruder")),
            (claim("intruder", port: 9999), worker("intruder")),
            (claim("intruder", port: 8000), worker("intruder")),
        ]
        let (registration, peer) = claims[Int(random.below(UInt32(claims.count)))]
        // The caller is nobody: its answers go nowhere.
        let nobody = Caller(member: 0, life: -1, call: -1)
        perform(.toBalancer(process, .register(registration, peer: peer, from: nobody)))
    }

    private func claim(_ name: String, port: UInt16) -> Registration {
        Registration(id: id(name), host: "127.0.0.1", port: port, incarnation: 9, mayStandIn: true)
    }
}
