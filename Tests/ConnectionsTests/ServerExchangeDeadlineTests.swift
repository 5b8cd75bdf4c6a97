import HTTP
import Testing

@testable import Connections

/// The next duty of a client in an exchange, and its deadline: a pure function of the state and of given instants.
struct ServerExchangeDeadlineTests {
    private static let second: UInt64 = 1_000_000_000
    private let limits = DownstreamLimits()
    private let progress = MinimumRateDeadline(patienceMilliseconds: 60_000, bytesPerSecond: 240)

    private func begun(_ request: ServerExchange.Request, isCounted: Bool = true) -> ServerExchange {
        var machine = ServerExchange(progress: progress)
        machine.begin(request)
        machine.limitContent(
            to: limits.contentProgress(isCounted: isCounted), isCounted: isCounted,
            now: ServerExchangeDeadlineTests.second)
        return machine
    }

    private let content = ExchangeDeadline.Duty.sendContent(isCounted: true)
    private let stream = ExchangeDeadline.Duty.sendContent(isCounted: false)

    private func deadline(_ machine: ServerExchange, outputLateAt: UInt64 = OutputClock.never) -> (
        Int, ExchangeDeadline.Duty
    ) {
        let deadline = machine.deadline(outputLateAt: outputLateAt, limits: limits)
        return (Int(clamping: deadline.at / ServerExchangeDeadlineTests.second), deadline.duty)
    }

    @Test func contentOfKnownLengthHasTheStallTimeout() {
        let machine = begun(.content(.open))
        #expect(deadline(machine) == (61, content))
        #expect(machine.deadline(outputLateAt: OutputClock.never, limits: limits).limit == .stallTimeout)
    }

    @Test func contentOfUnknownLengthHasTheStreamTimeout() {
        let machine = begun(.content(.open), isCounted: false)
        #expect(deadline(machine) == (301, stream))
        #expect(machine.deadline(outputLateAt: OutputClock.never, limits: limits).limit == .streamTimeout)
    }

    @Test func outputKeepsAStreamOfUnknownLengthAlive() {
        var machine = begun(.content(.open), isCounted: false)
        machine.outputMoved(now: 100 * ServerExchangeDeadlineTests.second)
        #expect(deadline(machine) == (400, stream))
    }

    @Test func waitingOutputHasPriority() {
        let late = 7 * ServerExchangeDeadlineTests.second
        #expect(deadline(begun(.content(.open)), outputLateAt: late) == (7, .takeOutput))
        #expect(deadline(begun(.whole), outputLateAt: late) == (7, .takeOutput))
    }

    @Test func aPausedRequestHasNoDeadlineAndGetsTheWholeTimeAfterwards() {
        var machine = begun(.content(.open))
        _ = machine.pause()
        #expect(deadline(machine).1 == .nothing)
        _ = machine.resume(now: 100 * ServerExchangeDeadlineTests.second)
        #expect(deadline(machine) == (160, content))
    }

    @Test func theAnswerIsNotTheClientsDuty() {
        #expect(deadline(begun(.whole)).1 == .nothing)
        #expect(deadline(begun(.held(.open))).1 == .nothing)
    }

    @Test func aClientThatHasEndedItsSideWaitsForAWhile() {
        var machine = begun(.whole)
        machine.limitAnswer(to: 5 * ServerExchangeDeadlineTests.second)
        #expect(deadline(machine) == (5, .waitForAnswer))
        machine.beginResponse()
        #expect(deadline(machine).1 == .nothing)
    }

    @Test func aTunnelMayBeSilentForLongAndNotWhenHalfOfItHasEnded() {
        var machine = begun(.whole)
        machine.beginTunnel()
        machine.endTunnelHead(now: ServerExchangeDeadlineTests.second)
        #expect(deadline(machine) == (3_601, .useTunnel))
        machine.contentCame(1, now: 10 * ServerExchangeDeadlineTests.second)
        #expect(deadline(machine) == (3_610, .useTunnel))
        _ = machine.endResponse(now: 20 * ServerExchangeDeadlineTests.second)
        #expect(deadline(machine) == (30, .endTunnel))
    }

    @Test func aDrainLimitsATunnelOnceWhateverMoves() {
        var machine = begun(.whole)
        machine.beginTunnel()
        machine.endTunnelHead(now: 0)
        let first = machine.limitTunnel(to: 4 * ServerExchangeDeadlineTests.second)
        let second = machine.limitTunnel(to: 9 * ServerExchangeDeadlineTests.second)
        #expect(first && !second)
        machine.contentCame(1, now: 3 * ServerExchangeDeadlineTests.second)
        #expect(deadline(machine, outputLateAt: 1) == (4, .drain))
        #expect(machine.deadline(outputLateAt: 1, limits: limits).limit == nil)
    }

    @Test func theRestOfAnUnwantedRequestHasATimeOfItsOwn() {
        var machine = begun(.content(.open))
        machine.beginResponse()
        machine.endHead(.none)
        let end = machine.endResponse(now: 0)
        #expect(end == .whole)
        #expect(deadline(machine) == (61, content))
        machine.limitRest(to: 3 * ServerExchangeDeadlineTests.second, now: 0)
        #expect(deadline(machine) == (3, .sendRest))
        machine.inputEnded()
        #expect(deadline(machine).1 == .nothing)
    }

    @Test func silenceEndsTheRestEarlyAndBytesExtendItUpToItsTotalTime() {
        let second = ServerExchangeDeadlineTests.second
        var machine = begun(.content(.open))
        machine.beginResponse()
        machine.endHead(.none)
        _ = machine.endResponse(now: 2 * second)
        machine.limitRest(to: 32 * second, silence: 5 * second, now: 2 * second)
        #expect(machine.restEndsAt == 32 * second)
        #expect(deadline(machine) == (7, .sendRest))
        machine.contentCame(1, now: 6 * second)
        #expect(deadline(machine) == (11, .sendRest))
        machine.contentCame(1, now: 30 * second)
        #expect(deadline(machine) == (32, .sendRest))
        // The client has to take its response first, and then has the whole time again.
        #expect(deadline(machine, outputLateAt: 40 * second) == (40, .takeOutput))
        machine.limitRest(to: 61 * second, silence: 5 * second, now: 31 * second)
        #expect(deadline(machine) == (36, .sendRest))
    }

    // MARK: Expect: 100-continue

    @Test func aClientWaitsForA100OnlySoLong() {
        let second = ServerExchangeDeadlineTests.second
        var machine = begun(.content(.open))
        machine.expectContinue()
        #expect(deadline(machine) == (2, .waitForContinue))
        // A request that waits for a worker has all its time afterwards.
        _ = machine.pause()
        #expect(deadline(machine).1 == .nothing)
        _ = machine.resume(now: 7 * second)
        #expect(deadline(machine) == (8, .waitForContinue))
        let isAsked = machine.askForContent(now: 8 * second)
        #expect(isAsked)
        #expect(deadline(machine) == (68, content))
    }

    @Test func contentWithoutA100EndsTheWaitForIt() {
        var machine = begun(.content(.open))
        machine.expectContinue()
        machine.contentCame(1, now: ServerExchangeDeadlineTests.second)
        #expect(deadline(machine) == (61, content))
        let isAsked = machine.askForContent(now: ServerExchangeDeadlineTests.second)
        #expect(!isAsked)
    }

    @Test func aFinalResponseReplacesThe100() {
        var machine = begun(.content(.open))
        machine.expectContinue()
        machine.beginResponse()
        let isAsked = machine.askForContent(now: ServerExchangeDeadlineTests.second)
        #expect(!isAsked && machine.awaitsContinue)
        #expect(deadline(machine) == (61, content))
    }

    @Test func nobodyElseGetsA100() {
        var machine = begun(.content(.open))
        let isAsked = machine.askForContent(now: ServerExchangeDeadlineTests.second)
        #expect(!isAsked)
    }

    // MARK: The server's end of a tunnel

    @Test(arguments: [false, true]) func theServerEndsBothDirectionsOfATunnel(clientHasEnded: Bool) {
        let second = ServerExchangeDeadlineTests.second
        var machine = begun(.whole)
        machine.beginTunnel()
        machine.endTunnelHead(now: 0)
        if clientHasEnded { _ = machine.requestEnded(now: 0) }
        _ = machine.limitTunnel(to: 4 * second)
        let answerer = machine.endTunnel(restEndsAt: 9 * second, now: 4 * second)
        #expect(answerer == .service && machine.answerer == .nobody)
        #expect(machine.isResponseEnded && machine.isTunnel && !machine.feedsService)
        #expect(machine.isOver == clientHasEnded && machine.isUnwanted == !clientHasEnded)
        #expect(deadline(machine).1 == (clientHasEnded ? .nothing : .sendRest))
        let again = machine.endTunnel(restEndsAt: 9 * second, now: 4 * second)
        #expect(again == .nobody)
    }
}
