import Foundation
import TestSupport

/// A worker that the test controls: a loopback listener. Each connection runs the script on a thread of its own.
final class ScriptedUpstream {
    typealias Script = @Sendable (Peer) throws -> Void

    /// One connection of the script. It closes when the script returns or throws.
    final class Peer {
        let socket: RawSocket
        /// The number of the connection, from 0.
        let index: Int
        private let record: Record

        fileprivate init(socket: RawSocket, index: Int, record: Record) {
            self.socket = socket
            self.index = index
            self.record = record
        }

        /// The next request head, not recorded. Its content is still to be received.
        func head() throws -> String { try socket.receive(until: "\r\n\r\n") }

        /// The next request, complete and recorded.
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

        /// Sends a complete response with a length.
        func answer(_ body: String = "ok", status: String = "200 OK", fields: String = "") throws {
            try send("HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
        }

        /// Blocks until the other side has closed or reset. Drops its bytes.
        func waitForClose() {
            while (try? socket.receiveMore()) == true { socket.buffer = [] }
            record.connectionClosed()
        }
    }

    /// The record, shared with the threads.
    fileprivate final class Record: @unchecked Sendable {
        private let condition = NSCondition()
        private var requests: [SeenRequest] = []
        private var closedByProxy = 0
        private var accepted = 0
        private var isStopped = false

        func add(_ request: SeenRequest) { change { requests.append(request) } }
        func connectionClosed() { change { closedByProxy += 1 } }
        func stop() { change { isStopped = true } }

        /// The number of the next connection; nil after the end.
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

        /// Waits until `pick` returns a value, and returns it; nil after the deadline.
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

    /// - Parameter script: by default every request gets 200 and `ok`.
    init(_ script: @escaping Script = ScriptedUpstream.serve) throws {
        nonisolated(unsafe) let listener = try RawListener()
        port = listener.port
        Thread { [record] in
            while true {
                nonisolated(unsafe) let socket: RawSocket
                do throws(RawSocketError) {
                    socket = try listener.accept()
                } catch {
                    // A test may wait between two connections.
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
        // Wakes the accepting thread.
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
    /// The number of accepted connections so far.
    var connectionCount: Int { record.now { _, accepted in accepted } }

    /// The requests when there are this many; nil after the deadline.
    func requests(count: Int) -> [SeenRequest]? {
        record.wait { requests, _, _ in requests.count >= count ? requests : nil }
    }

    /// Returns true when the proxy has closed this many connections, before the deadline. Their scripts wait for it.
    func isClosedByProxy(count: Int = 1) -> Bool {
        record.wait { _, _, closed in closed >= count ? true : nil } ?? false
    }
}
