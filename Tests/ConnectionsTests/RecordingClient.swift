import Connections
import HTTP

/// Takes the response of one request and tells the log what came.
final class RecordingClient: UpstreamClient {
    let log: EventLog
    private(set) var body: [UInt8] = []
    /// How the request ended, if it failed.
    private(set) var failure: UpstreamFailure?
    private(set) var isEnded = false

    // What to do when something comes.
    var atResponse: () -> Void = {}
    var atSent: (UnsafeBufferPointer<UInt8>) -> Void = { _ in }
    var atEnd: () -> Void = {}
    var atDrained: () -> Void = {}

    init(log: EventLog) {
        self.log = log
    }

    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        log.add("response \(head.status) \(head.reason.string(in: bytes))")
        atResponse()
    }

    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>) {
        body += bytes
        atSent(bytes)
    }

    func upstreamEnded() {
        isEnded = true
        log.add("ended")
        atEnd()
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        self.failure = failure
        log.add("failed: \(failure)")
    }

    func upstreamDrained() {
        log.add("upstream drained")
        atDrained()
    }
}
