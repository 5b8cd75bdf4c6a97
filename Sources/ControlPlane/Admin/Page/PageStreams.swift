internal import Connections
internal import HTTP
internal import Sockets

/// The event streams of open pages (`/events`): one view of the cluster in each interval, and one text for all streams.
///
/// It runs on the admin port's loop. Without a stream it asks for nothing. A stream holds at most one event that its
/// reader has not taken: later ones are left out, and a reader that takes none in several intervals is dropped.
final class PageStreams {
    /// The interval of events, and the time after which the pages learn that there is no view.
    static let intervalMilliseconds = 1000
    /// The number of events that a stream may miss in a row.
    static let maximumMissed = 5
    /// The most streams. Few places of the port (`limit`) may mean fewer.
    static let maximumStreams = 16

    private static let silence = Array("event: silent\ndata: {}\n\n".utf8)
    /// The browser connects again after this time, in milliseconds.
    private static let greeting = Array("retry: 500\n\n".utf8)

    private struct Stream {
        let call: Call
        var missed = 0
    }

    private let limit: Int
    private let timer: LoopTimer
    private let loop: EventLoop
    private let ask: (_ receive: @escaping (AdminView) -> Void) -> Void
    private let sample: () -> TrafficSample
    private var streams: [Stream] = []
    private var isAsking = false
    private var window = TrafficWindow()
    /// The last event, for a new stream; nil while there was none in the present row of intervals.
    private var latest: [UInt8]?
    private(set) var isEnded = false

    /// - Parameters:
    ///   - limit: the most streams at a time.
    ///   - ask: requests a view that is made after the call; called on `loop`, and answers there.
    ///   - sample: reads the counts of the data loops; called on `loop`.
    init(
        on loop: EventLoop, limit: Int, ask: @escaping (_ receive: @escaping (AdminView) -> Void) -> Void,
        sample: @escaping () -> TrafficSample
    ) {
        self.loop = loop
        self.limit = limit
        self.ask = ask
        self.sample = sample
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in tick() }
    }

    /// Half of the port's places, so that pages never keep monitoring systems out.
    static func limit(ofPlaces places: Int) -> Int { max(1, min(maximumStreams, places / 2)) }

    /// Answers the call with a stream.
    func open(_ call: Call) {
        guard !isEnded else {
            // The connection ends with this response, so the page's next attempt reaches the successor.
            call.reply(status: 503, error: "this balancer has a successor", retryAfterSeconds: 1)
            return
        }
        streams.removeAll { !$0.call.isOpen }
        guard streams.count < limit else {
            call.reply(status: 503, error: "\(limit) pages are open already", retryAfterSeconds: 2)
            return
        }
        call.beginStream(contentType: "text/event-stream", fields: StatusPage.answerFields)
        guard call.method == .get else {
            call.downstream.endResponse()
            return
        }
        streams.append(Stream(call: call))
        write(PageStreams.greeting + (latest ?? []), to: call)
        guard !timer.isSet else { return }
        timer.set(afterMilliseconds: PageStreams.intervalMilliseconds)
        askNow()
    }

    /// Ends all streams: their pages connect to the successor.
    func end() {
        isEnded = true
        for stream in streams where stream.call.isOpen { stream.call.downstream.endResponse() }
        rest()
    }

    private func rest() {
        streams = []
        latest = nil
        window.removeAll()
        timer.cancel()
    }

    private func tick() {
        streams.removeAll { !$0.call.isOpen }
        guard !streams.isEmpty else { return rest() }
        timer.set(afterMilliseconds: PageStreams.intervalMilliseconds)
        // The view of the last interval is still missing: the control loop is late, and has the request.
        if isAsking { send(PageStreams.silence) } else { askNow() }
    }

    private func askNow() {
        guard !isAsking else { return }
        isAsking = true
        ask { [weak self] in self?.received($0) }
    }

    private func received(_ view: AdminView) {
        isAsking = false
        guard !streams.isEmpty else { return }
        let sample = sample()
        var workers: [String: TrafficWindow.WorkerCounts] = [:]
        workers.reserveCapacity(view.status.workers.count)
        for row in view.status.workers {
            workers[row.id] = TrafficWindow.WorkerCounts(requests: row.requestsTotal, failures: row.failuresTotal)
        }
        window.add(sample, workers: workers, at: Clock.monotonicNanoseconds())
        let now = Clock.unixNanoseconds() / 1_000_000
        let text = PageEvent(of: view, sample, window, unixMilliseconds: now).text
        latest = text
        send(text)
    }

    private func send(_ event: [UInt8]) {
        for index in streams.indices where streams[index].call.isOpen {
            let call = streams[index].call
            if call.downstream.waitingOutput == 0 {
                streams[index].missed = 0
                write(event, to: call)
            } else {
                streams[index].missed += 1
                if streams[index].missed > PageStreams.maximumMissed { call.downstream.abortResponse() }
            }
        }
        streams.removeAll { !$0.call.isOpen || $0.missed > PageStreams.maximumMissed }
    }

    private func write(_ text: [UInt8], to call: Call) {
        text.withUnsafeBufferPointer { call.downstream.writeBody($0) }
    }
}
