import Connections
import HTTP
import Sockets
import TestSupport

/// A server whose exchanges follow one script.
final class ScriptedServer {
    private final class ScriptService: Service {
        let log: EventLog
        let makings: EventLog
        let outlivesRequests: Bool
        let script: (ScriptedExchange) -> Void

        init(log: EventLog, makings: EventLog, outlivesRequests: Bool, script: @escaping (ScriptedExchange) -> Void) {
            self.log = log
            self.makings = makings
            self.outlivesRequests = outlivesRequests
            self.script = script
        }

        func makeExchange(on downstream: any Downstream) -> any Exchange {
            makings.add("made")
            return ScriptedExchange(on: downstream, log: log, outlivesRequests: outlivesRequests, script: script)
        }
    }

    let log = EventLog()
    /// An event for each exchange that was made.
    let makings = EventLog()
    let test: TestServer

    /// - Parameter script: called on the loop with each request's head.
    init(
        limits: DownstreamLimits = DownstreamLimits(), slots: Int = 1_000,
        protocols: [ApplicationProtocol] = [.http1], provider: TransportProvider = TransportProvider(),
        outlivesRequests: Bool = true, script: @escaping (ScriptedExchange) -> Void
    ) throws {
        let (log, makings) = (self.log, self.makings)
        test = try TestServer(limits: limits, slots: slots, protocols: protocols, provider: provider) { _ in
            ScriptService(log: log, makings: makings, outlivesRequests: outlivesRequests, script: script)
        }
    }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: test.port, receiveBuffer: receiveBuffer)
    }

    /// Returns true when the exchanges have logged this event, before the deadline.
    func eventually(_ event: String, count: Int = 1) -> Bool {
        let log = self.log
        return test.thread.eventually { log.count(event) >= count }
    }

    /// Responds to every complete request with its description.
    static func describe(_ exchange: ScriptedExchange) {
        exchange.atEnd = { $0.respond("\($0.method) \($0.target) \(String(decoding: $0.body, as: UTF8.self))") }
    }
}

/// Limits that end a test soon. The defaults would take a minute.
func shortened(_ change: (inout DownstreamLimits) -> Void) -> DownstreamLimits {
    var limits = DownstreamLimits()
    change(&limits)
    return limits
}
