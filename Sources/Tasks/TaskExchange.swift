internal import Connections
internal import HTTP
internal import Sockets

/// Serves the requests of one connection, one after another, with the built-in tasks.
///
///     idle -> collecting -> appending -> idle                   POST /write
///     idle -> collecting -> waiting -> reversing -> idle        POST /reverse
///     idle -> opening -> reading -> idle                        GET /read
///     idle -> sending -> idle                                   GET /bytes/N
///     idle -> echoing -> idle                                   POST /echo
///     idle                                                      every immediate response
///
/// Laws:
/// - A call to the connection only sets state there. The stage changes in calls from the connection, from the timer and
///   from results of helper threads, and never inside the exchange's own calls.
/// - `serial` changes with every request and every cancellation. A helper thread returns its result with the serial of
///   its request. The exchange drops a result with an old serial before it touches the connection. The exchange may
///   outlive the connection while a helper thread refers to the exchange.
/// - Stored content counts in the service's budget until the stage ends.
final class TaskExchange: Exchange {
    enum Stage {
        case idle
        case collecting(Collected)
        case appending
        /// The text to reverse, stored until the delay ends.
        case waiting(String)
        case reversing
        case opening(ReadPermit, isHead: Bool)
        /// `isAsking` is true while a helper thread reads the piece at `offset`.
        case reading(FileReader, offset: Int, isAsking: Bool)
        case sending(left: Int)
        case echoing(EchoHead?)
    }

    /// The purpose of the collected content.
    enum Collected {
        case line
        case message(delayMilliseconds: Int)

        /// Most bytes of content.
        var limit: Int {
            switch self {
            case .line: TaskLimits.lineBytes
            case .message: TaskLimits.messageBytes
            }
        }

        /// The content's name in an error message.
        var name: StaticString {
            switch self {
            case .line: "a line"
            case .message: "a message"
            }
        }
    }

    unowned let downstream: any Downstream
    let service: TaskService
    var stage = Stage.idle
    /// The number of the present request, which identifies late results.
    private(set) var serial: UInt64 = 0
    /// The received content of the request.
    var content = ByteBuffer()
    /// Bytes reserved in the service's budget.
    private var held = 0
    /// The client; nil if the request names none.
    private var source: SourceKey?
    private var lazyTimer: LoopTimer?
    private let live: LiveObject

    init(on downstream: any Downstream, service: TaskService) {
        self.downstream = downstream
        self.service = service
        live = LiveObject(TaskExchange.self, on: service.loop)
    }

    /// The timer for delays and for work in the next turn of the loop.
    var timer: LoopTimer {
        if let lazyTimer { return lazyTimer }
        let made = LoopTimer(on: service.loop)
        made.action = { [weak self] in self?.timerFired() }
        lazyTimer = made
        return made
    }

    // MARK: Requests

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        serial &+= 1
        do throws(TaskRejection) {
            switch try TaskRequest(method: head.method, path: head.path.in(bytes)) {
            case .name:
                service.greeting.withUnsafeBufferPointer {
                    downstream.respond(status: 200, contentType: TaskExchange.textType, body: $0)
                }
            case .health: respondToProbe()
            case .write: collect(.line, head, bytes)
            case .reverse(let delay): collect(.message(delayMilliseconds: delay), head, bytes)
            case .read(let tailLines): open(tailLines: tailLines, isHead: head.method == .head)
            case .bytes(let count): beginSending(count, isHead: head.method == .head)
            case .echo: beginEcho(head, bytes)
            }
        } catch {
            reject(error)
        }
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch stage {
        case .collecting(let collected): take(bytes, for: collected)
        case .echoing: echo(bytes)
        // The task needs no content.
        case .idle, .appending, .waiting, .reversing, .opening, .reading, .sending: break
        }
    }

    func requestEnd() {
        switch stage {
        case .collecting(.line): appendLine()
        case .collecting(.message(let delay)): beginWaiting(milliseconds: delay)
        case .echoing: endEcho()
        case .idle, .appending, .waiting, .reversing, .opening, .reading, .sending: break
        }
    }

    func downstreamDrained() {
        switch stage {
        case .reading: readNext()
        case .sending: send()
        case .echoing: downstream.resumeReading()
        case .idle, .collecting, .appending, .waiting, .reversing, .opening: break
        }
    }

    func cancelled() {
        serial &+= 1
        if case .opening(let permit, _) = stage { permit.cancel() }
        finish()
    }

    func connectionClosed() {
        // `remove` takes the timer out of the loop's heap at once. Otherwise the heap would keep it until its old time.
        lazyTimer?.remove()
    }

    private func timerFired() {
        switch stage {
        case .waiting(let text): reverse(text)
        case .sending: send()
        case .idle, .collecting, .appending, .reversing, .opening, .reading, .echoing: break
        }
    }

    /// Resets the exchange after a request and releases the request's resources.
    func finish() {
        stage = .idle
        releaseContent()
        lazyTimer?.cancel()
    }

    // MARK: Stored content

    private func collect(
        _ collected: Collected, _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>
    ) {
        if case .length(let length) = head.framing, length > UInt64(collected.limit) {
            rejectTooLarge(collected)
            return
        }
        stage = .collecting(collected)
        source = SourceKey(forwardedIn: head, bytes)
        if head.expectsContinue { downstream.writeContinue() }
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>, for collected: Collected) {
        guard content.count + bytes.count <= collected.limit else {
            finish()
            rejectTooLarge(collected)
            return
        }
        guard service.budget.reserve(bytes.count, for: source) else {
            finish()
            downstream.respond(
                status: 503, error: "too many messages are held at the moment", retryAfterSeconds: 1, mark: .busy)
            return
        }
        held += bytes.count
        content.append(bytes)
    }

    /// Drops the content's bytes. With `keepingHeld`, the bytes still count in the budget, because the text made from
    /// them stays.
    func releaseContent(keepingHeld: Bool = false) {
        content.release()
        guard !keepingHeld, held > 0 else { return }
        service.budget.release(held, of: source)
        held = 0
    }
}
