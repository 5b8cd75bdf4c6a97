import HTTP
import Testing

@testable import Connections

/// The state machine of one request and its response: each event in each state, without a connection and without time.
struct ServerExchangeTests {
    typealias Machine = ServerExchange

    private static let progress = MinimumRateDeadline(patienceMilliseconds: 1_000, bytesPerSecond: 0)

    private static func begun(_ request: Machine.Request) -> Machine {
        var machine = Machine(progress: progress)
        machine.begin(request)
        return machine
    }

    private static func after(_ request: Machine.Request, _ steps: ((inout Machine) -> Void)...) -> Machine {
        var machine = begun(request)
        for step in steps { step(&machine) }
        return machine
    }

    private static func respond(_ content: Machine.Content) -> (inout Machine) -> Void {
        {
            $0.beginResponse()
            $0.endHead(content)
        }
    }

    private static func tunnel(_ machine: inout Machine) {
        machine.beginTunnel()
        machine.endTunnelHead(now: 0)
    }

    /// Every state that a connection can reach, under the name in the table.
    private static let states: [(name: String, machine: Machine)] = [
        ("idle", Machine(progress: progress)),
        ("content", begun(.content(.open))),
        ("content, all come", after(.content(.open)) { $0.inputEnded() }),
        ("whole", begun(.whole)),
        ("held", begun(.held(.open))),
        ("held, all come", after(.held(.open)) { $0.inputEnded() }),
        ("content, in head", after(.content(.open)) { $0.beginResponse() }),
        ("content, counted", after(.content(.open), respond(.counted(left: 4)))),
        ("whole, in head", after(.whole) { $0.beginResponse() }),
        ("whole, counted", after(.whole, respond(.counted(left: 4)))),
        ("whole, complete", after(.whole, respond(.counted(left: 0)))),
        ("whole, unbounded", after(.whole, respond(.unbounded))),
        ("whole, no content", after(.whole, respond(.none))),
        ("unwanted", after(.content(.open), respond(.none)) { _ = $0.endResponse(now: 0) }),
        ("over", after(.whole, respond(.none)) { _ = $0.endResponse(now: 0) }),
        ("tunnel head", after(.whole) { $0.beginTunnel() }),
        ("tunnel", after(.held(.open), tunnel)),
        ("tunnel, client ended", after(.whole, tunnel) { _ = $0.requestEnded(now: 0) }),
        ("tunnel, server ended", after(.whole, tunnel) { _ = $0.endResponse(now: 0) }),
        (
            "tunnel, over",
            after(.whole, tunnel) {
                _ = $0.endResponse(now: 0)
                _ = $0.requestEnded(now: 0)
            }
        ),
        ("cancelled", after(.content(.open)) { _ = $0.cancel() }),
        ("server answers", after(.content(.open)) { _ = $0.answerAlone() }),
    ]

    /// Every event that is legal in each state. The others trap: `beginResponse` without `canRespond`, `beginTunnel` without
    /// `mayBeginTunnel`, and `begin` while somebody answers.
    private static let events: [(name: String, feed: @Sendable (inout Machine) -> String)] = [
        (
            "input ends",
            {
                $0.inputEnded()
                return ""
            }
        ),
        ("request taken", { "\($0.requestEnded(now: 0))" }),
        ("write 3", { "\($0.write(3))" }),
        ("write 5", { "\($0.write(5))" }),
        ("response ends", { "\($0.endResponse(now: 0))" }),
        ("swallow 9 of 8", { $0.swallow(9, atMost: 8) ? "" : "too much" }),
        ("cancel", { "\($0.cancel())" }),
    ]

    private static func text(_ machine: Machine) -> String {
        "\(machine.request) / \(machine.response) / \(machine.answerer)"
            .replacing("Connections.ServerExchange.", with: "").replacing("Direction.", with: "")
            .replacing("Content.", with: "")
    }

    @Test func eachEventInEachStateHasOneResult() {
        var rows: [String] = []
        for state in ServerExchangeTests.states {
            rows.append("\(state.name): \(ServerExchangeTests.text(state.machine))")
            for event in ServerExchangeTests.events {
                var machine = state.machine
                let result = event.feed(&machine)
                let before = ServerExchangeTests.text(state.machine)
                let after = ServerExchangeTests.text(machine)
                if after != before || !["", "untold", "ignored", "nobody"].contains(result) {
                    let arrow = after == before ? "" : " -> \(after)"
                    rows.append("    \(event.name): \(result)\(arrow)")
                }
            }
        }
        let expected = ServerExchangeTable.rows.split(separator: "\n").map(String.init)
        for (row, wanted) in zip(rows, expected) { #expect(row == wanted) }
        #expect(rows.count == expected.count, "\(rows.joined(separator: "\n"))")
    }

    // MARK: Questions

    @Test func theServiceGetsBytesOnlyWhileItAnswers() {
        let fed = ServerExchangeTests.states.filter { $0.machine.feedsService }.map(\.name)
        #expect(
            fed == [
                "content", "content, all come", "content, in head", "content, counted", "tunnel",
                "tunnel, server ended",
            ])
    }

    @Test func aResponseMayBeginOnlyOnceAndForSomebody() {
        let answerable = ServerExchangeTests.states.filter { $0.machine.canRespond }.map(\.name)
        #expect(
            answerable == ["content", "content, all come", "whole", "held", "held, all come", "server answers"])
    }

    @Test func anExchangeIsOverWhenBothHalvesAre() {
        let over = ServerExchangeTests.states.filter { $0.machine.isOver }.map(\.name)
        #expect(over == ["over", "tunnel, over"])
    }

    @Test func aTunnelMayBeginOnlyForARequestThatCanAskForOne() {
        let askable = ServerExchangeTests.states.filter { $0.machine.mayBeginTunnel }.map(\.name)
        #expect(askable == ["whole", "held", "held, all come"])
    }

    /// The connection asserts this before each call of a service.
    @Test func aServiceMayNotBeCalledInsideItsOwnCall() {
        var calls = ServiceCalls()
        #expect(calls.mayCallService)
        calls.enterDownstream()
        #expect(!calls.mayCallService)
        calls.leaveDownstream()
        #expect(calls.mayCallService)
    }
}
