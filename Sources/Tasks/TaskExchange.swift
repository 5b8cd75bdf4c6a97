internal import Connections
internal import HTTP
internal import Sockets

/// Answers the requests of one connection, one after the other, each with the task that it asks for.
///
///     idle -> collecting -> appending -> idle                   POST /write
///     idle -> collecting -> waiting -> reversing -> idle        POST /reverse
///     idle -> opening -> reading -> idle                        GET /read
///     idle -> sending -> idle                                   GET /bytes/N
///     idle -> echoing -> idle                                   POST /echo
///     idle                                                      all that is answered at once
///
/// Laws:
/// - The stage is set before the connection is called: ending a response may begin the next request in the same call, and writing
///   may find the connection broken and cancel.
/// - `serial` changes with every request and every cancellation. What comes back from a helper thread brings the serial that it was
///   asked with, and is dropped when that is no longer the present one. Only after this check is the connection
/// touched: an exchange
///   may outlive it while a helper thread still holds on.
/// - Content that is kept counts in the service's budget until the stage ends.
final class TaskExchange: Exchange {
    enum Stage {
        case idle
        case collecting(Collected)
        case appending
        /// The text to reverse, until its time has come.
        case waiting(String)
        case reversing
        case opening(FileTicket, isHead: Bool)
        /// `isAsking`: a helper thread is reading the piece at `offset`.
        case reading(FileReader, offset: Int, isAsking: Bool)
        case sending(left: Int)
        case echoing(EchoHead?)
    }

    /// What the content that is being collected is for.
    enum Collected {
        case line
        case message(delayMilliseconds: Int)

        /// Bytes of content.
        var limit: Int {
            switch self {
            case .line: TaskLimits.lineBytes
            case .message: TaskLimits.messageBytes
            }
        }

        /// For messages to people.
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
    /// Which request this is, to tell late answers.
    private(set) var serial: UInt64 = 0
    /// The request's content so far.
    var content = ByteBuffer()
    /// Bytes taken from the service's budget.
    private var held = 0
    private var lazyTimer: LoopTimer?

    init(on downstream: any Downstream, service: TaskService) {
        self.downstream = downstream
        self.service = service
    }

    /// For delays, and to go on in the next turn of the loop.
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
            case .write: collect(.line, head)
            case .reverse(let delay): collect(.message(delayMilliseconds: delay), head)
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
        // Content that no task asked for.
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
        if case .opening(let ticket, _) = stage { ticket.cancel() }
        finish()
    }

    func connectionClosed() {
        // For good: the heap must not keep it until its old time comes.
        lazyTimer?.remove()
    }

    private func timerFired() {
        switch stage {
        case .waiting(let text): reverse(text)
        case .sending: send()
        case .idle, .collecting, .appending, .reversing, .opening, .reading, .echoing: break
        }
    }

    /// Lets go of all that the request needed.
    func finish() {
        stage = .idle
        releaseContent()
        lazyTimer?.cancel()
    }

    // MARK: Content that is kept

    private func collect(_ collected: Collected, _ head: borrowing RequestHead) {
        if case .length(let length) = head.framing, length > UInt64(collected.limit) {
            rejectTooLarge(collected)
            return
        }
        stage = .collecting(collected)
        if head.expectsContinue { downstream.writeContinue() }
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>, for collected: Collected) {
        guard content.count + bytes.count <= collected.limit else {
            finish()
            rejectTooLarge(collected)
            return
        }
        guard service.budget.reserve(bytes.count) else {
            finish()
            downstream.respond(status: 503, error: "too many messages are held at the moment", retryAfterSeconds: 1)
            return
        }
        held += bytes.count
        content.append(bytes)
    }

    /// Drops the content's bytes; what was made of them may still count in the budget.
    func releaseContent(keepingHeld: Bool = false) {
        content.release()
        guard !keepingHeld, held > 0 else { return }
        service.budget.release(held)
        held = 0
    }
}
