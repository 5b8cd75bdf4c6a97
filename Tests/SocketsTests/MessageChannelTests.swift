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
                for descriptor in descriptors { close(descriptor) }
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
}
