import Connections
import HTTP

/// Receives the response of one request and logs its events.
final class RecordingClient: UpstreamClient {
    let log: EventLog
    private(set) var body: [UInt8] = []
    /// The failure of the request, if it failed.
    private(set) var failure: UpstreamFailure?
    private(set) var isEnded = false
    /// The client's own values.
    var isRoomy = true

    // Called at each event.
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
