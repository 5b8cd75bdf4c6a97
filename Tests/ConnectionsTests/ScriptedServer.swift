import Connections
import HTTP
import Sockets
import TestSupport

/// A server whose exchanges follow one script.
final class ScriptedServer {
    private final class ScriptService: Service {
        let log: EventLog
        let script: (ScriptedExchange) -> Void

        init(log: EventLog, script: @escaping (ScriptedExchange) -> Void) {
            self.log = log
            self.script = script
        }

        func makeExchange(on downstream: any Downstream) -> any Exchange {
            ScriptedExchange(on: downstream, log: log, script: script)
        }
    }

    let log = EventLog()
    let test: TestServer

    /// - Parameter script: called on the loop with each request's head.
    init(
        limits: DownstreamLimits = DownstreamLimits(), slots: Int = 1_000,
        protocols: [ApplicationProtocol] = [.http1], provider: TransportProvider = TransportProvider(),
        script: @escaping (ScriptedExchange) -> Void
    ) throws {
        let log = self.log
        test = try TestServer(limits: limits, slots: slots, protocols: protocols, provider: provider) { _ in
            ScriptService(log: log, script: script)
        }
    }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: test.port, receiveBuffer: receiveBuffer)
    }

    /// Whether the exchanges are told of this, now or soon.
    func eventually(_ event: String, count: Int = 1) -> Bool {
        let log = self.log
        return test.thread.eventually { log.count(event) >= count }
    }

    /// Answers every request, once it is whole, with what it was.
    static func describe(_ exchange: ScriptedExchange) {
        exchange.atEnd = { $0.respond("\($0.method) \($0.target) \(String(decoding: $0.body, as: UTF8.self))") }
    }
}

/// Limits that end a test soon where the default would take a minute.
func shortened(_ change: (inout DownstreamLimits) -> Void) -> DownstreamLimits {
    var limits = DownstreamLimits()
    change(&limits)
    return limits
}
