import Foundation
import Sockets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct MessageChannelTests {
    private final class Heard {
        var channel: MessageChannel?
        var lines: [String] = []
        var counts: [Int] = []
    }

    /// Sends everything before the channel reads, so that one read returns several lines.
    private func receive(_ messages: [(text: String, descriptors: Int)]) throws -> (lines: [String], counts: [Int]) {
        let pair = try Socket.pair()
        for message in messages {
            let descriptors = [Int32](repeating: 0, count: message.descriptors)
            try DescriptorPassing.send(Array(message.text.utf8), descriptors: descriptors, over: pair.theirs.rawValue)
        }
        let thread = try TestLoop()
        defer { thread.stop() }
        let loop = thread.loop
        let socket = pair.takeOurs()
        let number = socket.release()
        let heard = Heard()
        thread.onLoop {
            guard let channel = try? MessageChannel(FileDescriptor(owning: number), on: loop) else { return }
            channel.onMessage = { line, descriptors in
                heard.lines.append(String(decoding: line, as: UTF8.self))
                heard.counts.append(descriptors.count)
            }
            heard.channel = channel
        }
        let expected = messages.reduce(0) { $0 + $1.text.count { $0 == "\n" } }
        #expect(thread.eventually { heard.lines.count == expected })
        return thread.onLoop {
            heard.channel?.close()
            heard.channel = nil
            return (heard.lines, heard.counts)
        }
    }

    /// Once, a starting standby got its order and then listeners in one read. It assigned the listeners to the order.
    @Test func `Descriptors stay with their line if one read returns several`() throws {
        let heard = try receive([("hold\n", 3), ("take over\n", 0), ("hold again\n", 3), ("bye\n", 0)])
        #expect(heard.lines == ["hold", "take over", "hold again", "bye"])
        #expect(heard.counts == [3, 0, 3, 0])
    }

    @Test func `Descriptors of a fragmented line wait for its end`() throws {
        let heard = try receive([("first\nsec", 2), ("ond\nthird\n", 0), ("fourth\n", 1)])
        #expect(heard.lines == ["first", "second", "third", "fourth"])
        #expect(heard.counts == [0, 2, 0, 1])
    }

    /// A channel with two ends in this process. `send` writes without a wait, so that the other end reads in pieces.
    private struct Ends {
        let loop: EventLoop
        let channel: MessageChannel
        let peer: Int32
        let heard = Heard()
        var isClosed: () -> Bool = { false }

        init() throws {
            loop = try EventLoop()
            let pair = try Socket.pair()
            peer = dup(pair.theirs.rawValue)
            channel = try MessageChannel(pair.takeOurs(), on: loop)
            var closed = false
            channel.onClose = { closed = true }
            channel.onMessage = { [heard] line, descriptors in
                heard.lines.append(String(decoding: line, as: UTF8.self))
                heard.counts.append(descriptors.count)
            }
            isClosed = { closed }
        }

        func turn(until condition: () -> Bool) {
            while !condition() { loop.turn(maximumWaitMilliseconds: 100) }
        }

        func end() {
            channel.close()
            close(peer)
        }
    }

    /// A worker took the balancer for dead, because a sign of life came together with the end of a long message.
    @Test func `A long line may come together with the next one`() throws {
        let ends = try Ends()
        let long = String(repeating: "x", count: 60 << 10)
        let next = String(repeating: "y", count: 10 << 10)
        // A read ends at a message with descriptors, so the later reads do not end at the limit.
        let message = Array("\(long)\n\(next)\nalive\n".utf8)
        try DescriptorPassing.send(Array(message.prefix(4)), descriptors: [0], over: ends.peer)
        try DescriptorPassing.send(Array(message.dropFirst(4)), descriptors: [], over: ends.peer)
        ends.turn { ends.heard.lines.count == 3 || ends.isClosed() }
        #expect(ends.heard.lines == [long, next, "alive"] && !ends.isClosed())
        ends.end()
    }

    @Test(arguments: [true, false]) func `A line beyond the limit ends the channel`(isComplete: Bool) throws {
        let ends = try Ends()
        let long = String(repeating: "x", count: (64 << 10) + 1) + (isComplete ? "\nnext\n" : "")
        try DescriptorPassing.send(Array("first\n\(long)".utf8), descriptors: [], over: ends.peer)
        ends.turn { ends.isClosed() }
        #expect(ends.heard.lines == ["first"])
        ends.end()
    }

    @Test func `More descriptors than a message has end the channel`() throws {
        let ends = try Ends()
        for _ in 0..<2 {
            try DescriptorPassing.send(
                Array("part".utf8), descriptors: [Int32](repeating: 0, count: 9), over: ends.peer)
        }
        ends.turn { ends.isClosed() }
        #expect(ends.heard.lines.isEmpty)
        ends.end()
    }

    /// Once, a standby that got an unexpected message kept its descriptors, so a listener stayed open for ever.
    @Test(arguments: [true, false]) func `Descriptors that nobody takes are closed`(isEnded: Bool) throws {
        let ends = try Ends()
        let passed = try Socket.pair()
        let kept = dup(passed.theirs.rawValue)
        try DescriptorPassing.send(
            Array((isEnded ? "line\n" : "part").utf8), descriptors: [kept], over: ends.peer)
        close(kept)
        let ours = passed.takeOurs()
        if isEnded {
            ends.turn { !ends.heard.lines.isEmpty }
        } else {
            ends.loop.turn(maximumWaitMilliseconds: 0)
            ends.channel.close()
        }
        // The other end is closed in every process.
        var byte: UInt8 = 0
        #expect(read(ours.rawValue, &byte, 1) == 0)
        ends.end()
    }

    @Test func `A taken descriptor stays open`() throws {
        let ends = try Ends()
        var taken: [ReceivedDescriptor] = []
        ends.channel.onMessage = { taken += $1 }
        let passed = try Socket.pair()
        let kept = dup(passed.theirs.rawValue)
        try DescriptorPassing.send(Array("line\n".utf8), descriptors: [kept], over: ends.peer)
        close(kept)
        let ours = passed.takeOurs()
        ends.turn { !taken.isEmpty }
        let descriptor = taken[0].take()
        taken = []
        var byte: UInt8 = 0
        #expect(read(ours.rawValue, &byte, 1) == -1 && errno == EAGAIN)
        #expect(fcntl(descriptor.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        ends.end()
    }
}
