import HTTP
import Sockets
import Testing

@testable import Connections

/// The pump's reaction to each answer of a transport, without sockets.
struct TransportPumpTests {
    private let transport = ScriptedTransport()
    private let clock = MinimumRateDeadline(patienceMilliseconds: 1_000, bytesPerSecond: 0)

    private func buffer(_ text: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.append(text: text)
        return buffer
    }

    @Test func outputThatLeavesHasNoDeadline() {
        var pump = TransportPump(transport, outputDeadline: clock)
        var output = buffer("abc")
        let sending = pump.send(&output, now: 5)
        #expect(sending.moved == 3 && !pump.isWriteBlocked && pump.outputLateAt == OutputClock.never)
        #expect(transport.text == "abc" && !pump.isWaiting(output))
        output.release()
    }

    @Test func itCountsTheBytesThatTheTransportAccepts() {
        var pump = TransportPump(transport)
        var output = buffer("abcdef")
        transport.room = 2
        _ = pump.send(&output, now: 0)
        #expect(pump.takeSentBytes() == 2)
        #expect(pump.takeSentBytes() == 0)
        transport.room = .max
        pump.becameWritable()
        let content = [UInt8](repeating: 0x78, count: ByteBuffer.directSize)
        let gathering = content.withUnsafeBufferPointer { pump.gather($0, behind: &output, now: 1) }
        _ = pump.send(&output, now: 1)
        #expect(gathering.moved > 0 && pump.takeSentBytes() == UInt64(4 + content.count))
        output.release()
    }

    @Test func outputThatWaitsHasADeadlineThatEachByteExtends() {
        var pump = TransportPump(transport, outputDeadline: clock)
        var output = buffer("abcdef")
        transport.room = 2
        _ = pump.send(&output, now: 0)
        #expect(pump.isWriteBlocked && pump.isWaiting(output) && pump.outputLateAt == 1_000_000_000)
        // Nothing leaves before the transport is ready.
        transport.room = 2
        #expect(pump.send(&output, now: 100).moved == 0)
        #expect(pump.outputLateAt == 1_000_000_000)
        pump.becameWritable()
        #expect(pump.send(&output, now: 200).moved == 2)
        #expect(pump.isWriteBlocked && pump.outputLateAt == 1_000_000_200)
        transport.room = .max
        pump.becameWritable()
        #expect(pump.send(&output, now: 300).moved == 2)
        #expect(pump.outputLateAt == 1_000_000_300, "more output may follow at once")
        pump.finishSending(output)
        #expect(pump.outputLateAt == OutputClock.never && transport.text == "abcdef")
        output.release()
    }

    @Test func theDeadlineAlsoRunsWhenReceivingHasBlockedTheTransport() {
        var pump = TransportPump(transport, outputDeadline: clock)
        var output = buffer("abc")
        pump.blockWriting()
        #expect(pump.outputLateAt == OutputClock.never)
        _ = pump.send(&output, now: 7)
        #expect(pump.outputLateAt == 1_000_000_007 && transport.text == "")
        output.release()
    }

    @Test func theLastBytesEndOurDirectionOnce() {
        var pump = TransportPump(transport, outputDeadline: clock)
        var output = buffer("bye")
        _ = pump.send(&output, isLast: true, now: 0)
        #expect(transport.text == "bye" && transport.isFinished && pump.isOutputEnded)
        output.release()
    }

    @Test func aBlockedTransportDoesNotEndOurDirection() {
        var pump = TransportPump(transport, outputDeadline: clock)
        var output = buffer("bye")
        transport.room = 1
        _ = pump.send(&output, isLast: true, now: 0)
        #expect(!transport.isFinished && !pump.isOutputEnded)
        output.release()
    }

    @Test func contentBehindABlockIsKeptInOrder() {
        var pump = TransportPump(transport, outputDeadline: clock)
        var output = buffer("head ")
        transport.room = 2
        _ = pump.send(&output, now: 0)
        let content = [UInt8](repeating: 0x78, count: 8 << 10)
        let gathering = content.withUnsafeBufferPointer { pump.gather($0, behind: &output, now: 0) }
        #expect(gathering.moved == 0 && output.count == 3 + content.count)
        output.release()
    }

    @Test func interestFollowsReadingAndTheBlock() throws {
        let loop = try EventLoop()
        var pump = TransportPump(transport, outputDeadline: clock)
        let source = EventSource()
        pump.updateInterest(reads: true, of: source, on: loop)
        #expect(transport.interest == .readable)
        pump.blockWriting()
        pump.updateInterest(reads: false, of: source, on: loop)
        #expect(transport.interest == .writable)
    }

    // MARK: Receiving

    /// A connection that notes what the pump gives it.
    private final class Receiver: EventSource, PumpedConnection {
        var pump: TransportPump
        let loop: EventLoop
        var events: [String] = []
        var takesInput = true

        init(_ transport: ScriptedTransport) throws {
            pump = TransportPump(transport)
            loop = try EventLoop()
        }

        func received(_ bytes: UnsafeBufferPointer<UInt8>) { events.append(String(decoding: bytes, as: UTF8.self)) }
        func inputEnded() { events.append("end") }
        func inputFailed(_ error: TransportError) { events.append("failed") }
        func updateInterest() { events.append(pump.isWriteBlocked ? "waits for writing" : "waits") }
    }

    @Test func bytesThenNothing() throws {
        let receiver = try Receiver(transport)
        transport.give("a")
        transport.give("b")
        receiver.receiveInput()
        #expect(receiver.events == ["a", "b"])
    }

    @Test func theEndAndAFailureEndTheLoop() throws {
        let receiver = try Receiver(transport)
        transport.arriving = [.endOfStream]
        receiver.receiveInput()
        transport.arriving = [.failed(.truncated)]
        receiver.receiveInput()
        #expect(receiver.events == ["end", "failed"])
    }

    @Test func aTransportThatHasToWriteFirstBlocksWriting() throws {
        let receiver = try Receiver(transport)
        transport.arriving = [.wouldBlock(.write)]
        receiver.receiveInput()
        #expect(receiver.events == ["waits for writing"])
    }

    @Test func aConnectionThatTakesNothingGetsNothing() throws {
        let receiver = try Receiver(transport)
        receiver.takesInput = false
        transport.give("a")
        receiver.receiveInput()
        #expect(receiver.events == [] && transport.arriving.count == 1)
    }
}
