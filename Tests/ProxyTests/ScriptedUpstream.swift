import Foundation
import TestSupport

/// A worker played by the test: a listener on loopback whose every connection runs the script on a thread of its own.
final class ScriptedUpstream {
    typealias Script = @Sendable (Peer) throws -> Void

    /// One connection, as the script has it. It closes when the script returns or throws.
    final class Peer {
        let socket: RawSocket
        /// Which connection this is, from 0.
        let index: Int
        private let record: Record

        fileprivate init(socket: RawSocket, index: Int, record: Record) {
            self.socket = socket
            self.index = index
            self.record = record
        }

        /// The next request's head, not recorded; its content stays to be received.
        func head() throws -> String { try socket.receive(until: "\r\n\r\n") }

        /// The next request, whole and recorded.
        @discardableResult
        func request() throws -> SeenRequest {
            let head = try head()
            return seen(head, try socket.receiveContent(after: head))
        }

        /// Records a request that the script has received by itself.
        @discardableResult
        func seen(_ head: String, _ body: [UInt8] = []) -> SeenRequest {
            let request = SeenRequest(head: head, body: body, connection: index)
            record.add(request)
            return request
        }

        func send(_ text: String) throws { try socket.send(text) }

        /// A whole response with a length.
        func answer(_ body: String = "ok", status: String = "200 OK", fields: String = "") throws {
            try send("HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
        }

        /// Blocks until the other side has closed or reset; whatever it sends is dropped.
        func waitForClose() {
            while (try? socket.receiveMore()) == true { socket.buffer = [] }
            record.connectionClosed()
        }
    }

    /// What happened, shared with the threads.
    fileprivate final class Record: @unchecked Sendable {
        private let condition = NSCondition()
        private var requests: [SeenRequest] = []
        private var closedByProxy = 0
        private var accepted = 0
        private var isStopped = false

        func add(_ request: SeenRequest) { change { requests.append(request) } }
        func connectionClosed() { change { closedByProxy += 1 } }
        func stop() { change { isStopped = true } }

        /// The number of the next connection; nil when there shall be none.
        func nextConnection() -> Int? {
            change {
                guard !isStopped else { return nil }
                accepted += 1
                return accepted - 1
            }
        }

        private func change<Value>(_ body: () -> Value) -> Value {
            condition.lock()
            defer {
                condition.broadcast()
                condition.unlock()
            }
            return body()
        }

        /// Waits for the state that `pick` looks for, and gives what it picked; nil after the deadline.
        func wait<Value>(_ pick: ([SeenRequest], _ accepted: Int, _ closed: Int) -> Value?) -> Value? {
            let deadline = Date(timeIntervalSinceNow: Double(RawSocket.patienceSeconds))
            condition.lock()
            defer { condition.unlock() }
            while true {
                if let value = pick(requests, accepted, closedByProxy) { return value }
                if !condition.wait(until: deadline) { return nil }
            }
        }

        func now<Value>(_ pick: ([SeenRequest], _ accepted: Int) -> Value) -> Value {
            condition.lock()
            defer { condition.unlock() }
            return pick(requests, accepted)
        }
    }

    let port: UInt16
    private let record = Record()

    /// - Parameter script: by default every request is answered with 200 and `ok`.
    init(_ script: @escaping Script = ScriptedUpstream.serve) throws {
        nonisolated(unsafe) let listener = try RawListener()
        port = listener.port
        Thread { [record] in
            while true {
                nonisolated(unsafe) let socket: RawSocket
                do throws(RawSocketError) {
                    socket = try listener.accept()
                } catch {
                    // A test may take its time between two connections.
                    if error == .timedOut { continue }
                    return
                }
                guard let index = record.nextConnection() else { return }
                Thread {
                    try? script(Peer(socket: socket, index: index, record: record))
                    socket.close()
                }.start()
            }
        }.start()
    }

    deinit {
        record.stop()
        // Wakes the thread that accepts.
        _ = try? RawClient(port: port)
    }

    static let serve: Script = { peer in
        while true {
            try peer.request()
            try peer.answer()
        }
    }

    /// All requests so far.
    var requests: [SeenRequest] { record.now { requests, _ in requests } }
    /// Connections accepted so far.
    var connectionCount: Int { record.now { _, accepted in accepted } }

    /// The requests, as soon as there are so many; nil when that takes too long.
    func requests(count: Int) -> [SeenRequest]? {
        record.wait { requests, _, _ in requests.count >= count ? requests : nil }
    }

    /// Whether so many connections, whose scripts wait for it, are closed by the proxy, now or soon.
    func isClosedByProxy(count: Int = 1) -> Bool {
        record.wait { _, _, closed in closed >= count ? true : nil } ?? false
    }
}
